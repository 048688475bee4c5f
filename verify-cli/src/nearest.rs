//! What somebody meant who typed a name almost.

/// Names that are less alike than this were not meant.
const ALIKE: f64 = 0.6;

/// Finds the name that is most like what was typed.
pub(crate) fn nearest<'n>(
    typed: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let typed = plain(typed);
    let alike =
        |name: &'n str| (strsim::normalized_damerau_levenshtein(&typed, &plain(name)), name);
    let best = names.into_iter().map(alike).max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(alike, _)| *alike >= ALIKE).map(|(_, name)| name)
}

/// Without what people mix up: case, and what stands between words.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn another_spelling_is_the_nearest_and_another_word_is_none() {
        let names = ["model_version.created", "model_version_alias.created", "prompt.created"];
        for typed in ["MODEL_VERSION_CREATED", "model_version.create", "model-version.craeted"] {
            assert_eq!(nearest(typed, names), Some("model_version.created"), "{typed}");
        }
        assert_eq!(nearest("LINK_ARTIFACT", names), None);
        assert_eq!(nearest("", names), None);
    }
}
