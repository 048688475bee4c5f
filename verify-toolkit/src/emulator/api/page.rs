//! Pages of lists, and the filter of searches.

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use crate::emulator::{error::ApiError, params::Params, registry::put};

/// The most on a page, and as many as there are without a wish.
const MOST: usize = 1000;
const TOKEN: &str = "after>";

/// Answers with a page of what has a number that only grows: `{name: [...], "next_page_token"}`.
pub(super) fn page(
    name: &str,
    items: impl Iterator<Item = (u64, Value)>,
    params: &Params,
) -> Result<Value, ApiError> {
    let most = match params.number("max_results")? {
        None => MOST,
        Some(wanted) => match usize::try_from(wanted) {
            Ok(wanted @ 1..) => wanted.min(MOST),
            _ => return Err(ApiError::parameter("`max_results` is less than 1")),
        },
    };
    let after = match params.text("page_token")? {
        None | Some("") => 0,
        Some(token) => read(token)
            .ok_or_else(|| ApiError::parameter("`page_token` is none of this workspace"))?,
    };
    let mut rest = items.filter(|(serial, _)| *serial > after).peekable();
    let mut last = after;
    let page: Vec<_> = rest
        .by_ref()
        .take(most)
        .inspect(|(serial, _)| last = *serial)
        .map(|(_, item)| item)
        .collect();
    let mut answer = json!({name: page});
    // As opaque as the service's: some of these have characters that have to be encoded in a query.
    let token = rest.peek().map(|_| Base64::encode_string(format!("{TOKEN}{last}").as_bytes()));
    put(&mut answer, "next_page_token", token);
    Ok(answer)
}

fn read(token: &str) -> Option<u64> {
    let token = String::from_utf8(Base64::decode_vec(token).ok()?).ok()?;
    token.strip_prefix(TOKEN)?.parse().ok()
}

/// The name in the filter `name = '...'`, which is the only one that is understood.
pub(super) fn name_in_filter(params: &Params) -> Result<Option<&str>, ApiError> {
    let Some(filter) = params.text("filter")?.map(str::trim).filter(|filter| !filter.is_empty())
    else {
        return Ok(None);
    };
    let quoted = filter.strip_prefix("name").map(str::trim_start);
    let quoted = quoted.and_then(|rest| rest.strip_prefix('=')).map(str::trim);
    let name = quoted.and_then(|text| {
        let quote = text.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
        let name = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!name.contains(quote)).then_some(name)
    });
    let error = || ApiError::parameter("the emulator understands the filter `name='...'` alone");
    name.map(Some).ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{name_in_filter, page};
    use crate::emulator::params::Params;

    fn params(json: &Value) -> Params {
        Params::read("", json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn pages_show_each_once_even_if_one_goes_meanwhile() {
        let mut there: Vec<u64> = (1..=7).collect();
        let mut seen = Vec::new();
        let mut token = Value::Null;
        loop {
            let wish = params(&json!({"max_results": 3, "page_token": token}));
            let items = there.iter().map(|serial| (*serial, json!(serial)));
            let answer = page("items", items, &wish).unwrap();
            seen.extend(
                answer["items"].as_array().unwrap().iter().map(|item| item.as_u64().unwrap()),
            );
            there.retain(|serial| *serial != 2);
            match answer.get("next_page_token") {
                Some(next) => token = next.clone(),
                None => break,
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_page_that_is_full_and_the_last_has_no_successor() {
        let items = || (1..=3).map(|serial| (serial, json!(serial)));
        let whole = page("items", items(), &params(&json!({"max_results": 3}))).unwrap();
        assert_eq!(whole, json!({"items": [1, 2, 3]}));
        assert_eq!(
            page("items", core::iter::empty(), &params(&json!({}))).unwrap(),
            json!({"items": []})
        );
        for wrong in [
            json!({"max_results": 0}),
            json!({"max_results": -1}),
            json!({"page_token": "zzz"}),
            json!({"page_token": "YWZ0ZXI+LTE="}),
        ] {
            assert!(page("items", items(), &params(&wrong)).is_err(), "{wrong}");
        }
        assert!(page("items", items(), &params(&json!({"page_token": "YWZ0ZXI+MQ=="}))).is_ok());
    }

    #[test]
    fn a_filter_is_understood_or_refused() {
        for (filter, name) in [
            ("", Some(None)),
            ("name='m'", Some(Some("m"))),
            (" name = \"it's\" ", Some(Some("it's"))),
            ("name LIKE 'm%'", None),
            ("run_id='x'", None),
            ("name='m' OR name='n'", None),
            ("name='", None),
        ] {
            let found = params(&json!({"filter": filter}));
            assert_eq!(name_in_filter(&found).ok(), name, "{filter}");
        }
    }
}
