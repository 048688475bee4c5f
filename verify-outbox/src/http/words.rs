//! What is shown of an answer: words that a service uses for what is wrong, and nothing else.
//!
//! A service may repeat a token in any form: in capitals, reversed, as base64, as numbers. No search for
//! a secret finds them all. So a word is shown if it is in this list, whatever the secret is.

/// Puts `***` in the place of each word that is not in the list.
pub(super) fn known(text: &str) -> String {
    let mut known = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|char: char| !is_of_word(char)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
        rest = behind;
        match length {
            // Beyond ASCII anything may be spelled.
            0 => known.push(if matches!(first, ' '..='~') { first } else { '?' }),
            _ if is_known(word) => known.push_str(word),
            // Of several in a row one is enough.
            _ if known.ends_with("*** ") => _ = known.pop(),
            _ => known.push_str("***"),
        }
    }
    known
}

/// With what base64 and its padding have, so that a piece between two of those is no word.
fn is_of_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '+' | '=')
}

/// `InvalidPayload` is two words.
fn is_known(run: &str) -> bool {
    let is_listed = |word: &str| WORDS.split(' ').any(|known| known.eq_ignore_ascii_case(word));
    let starts = run.match_indices(|char: char| char.is_ascii_uppercase()).map(|(start, _)| start);
    let ends = starts.filter(|start| *start > 0).chain([run.len()]);
    let mut begun = 0;
    is_listed(run)
        || run.bytes().all(|byte| byte.is_ascii_alphabetic())
            && ends.into_iter().all(|end| {
                let word = run.get(begun..end).unwrap_or_default();
                begun = end;
                word.len() > 2 && is_listed(word)
            })
}

/// From the documented errors of Slack's incoming webhooks, GitHub, Databricks, Teams and Azure's workflows,
/// and of the proxies in front of them. A number is none that a byte of a secret has.
const WORDS: &str = "\
    400 401 403 404 405 408 409 410 411 413 415 422 425 429 500 501 502 503 504 aborted abuse access \
    accessible account action active admin administrative again already an and api app application \
    archived are argument at attachments attempt auth authenticated authentication authorization \
    authorized available bad be bearer been before blocked blocks body busy by cancelled card \
    channel check client cloudflare code conflict connection content context could created \
    credentials data deactivated delivery denied deprecated description detail details disabled \
    dispatch does due endpoint enough entity error errors event exceeded exist exists expected \
    expired failed feature few field fields flow for forbidden found gateway general gone has have \
    header headers hook hooks http id in inactive incoming integration internal invalid is it job \
    json key large later limit limited long malformed many matching maximum message method microsoft \
    missing moved must name nginx no not of on or organization parameter parse path payload perform \
    permanently permission permissions personal please posting problem processable processed \
    prohibited properties property proxy quota rate reached reason refused repository request \
    requests require required requires resource response restricted retry returned rollup rules saml \
    schema scope secondary server service services signature size slack status success support \
    supported suspended team teams temporarily text that the this time timeout title to token too \
    trigger try type unauthenticated unauthorized unavailable unexpected unknown unprocessable \
    unsupported url user valid validation value version was webhook with within workflow workspace \
    wrong you your";

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn what_services_say_is_shown_and_nothing_else_is() {
        for (said, shown) in [
            ("no_service", "no_service"),
            (r#"{"message":"Bad credentials"}"#, r#"{"message":"Bad credentials"}"#),
            (r#"{"error_code":"PERMISSION_DENIED"}"#, r#"{"error_code":"PERMISSION_DENIED"}"#),
            (
                r#"{"error":{"code":"WorkflowNotFound"}}"#,
                r#"{"error":{"code":"WorkflowNotFound"}}"#,
            ),
            ("endpoint returned HTTP error 429", "endpoint returned HTTP error 429"),
            ("token xoxb-1-Ab is invalid", "token ***-***-*** is invalid"),
            ("one two three is wrong", "*** is wrong"),
            // The bytes of a secret, as numbers and spelled.
            ("[116, 48, 107]", "[***, ***, ***]"),
            ("x o x b", "***"),
            ("isNotFound toIsNo", "***"),
            ("Tm8=+to+no", "***"),
            ("caf\u{e9}\n\u{1b}[2J\u{ff41}", "***???[***?"),
            ("", ""),
        ] {
            assert_eq!(known(said), shown, "{said}");
        }
    }
}
