//! Every call, by method and path.

mod models;
mod page;
mod stages;
mod versions;
mod webhooks;

use serde_json::Value;

use super::{
    error::{ApiError, Code},
    event::Happening,
    params::Params,
    registry::{Outgoing, Registry},
};

/// What a call that changes something answers, and what happened to models by it.
pub(super) struct Done {
    pub(super) answer: Value,
    pub(super) happenings: Vec<Happening>,
}

impl Done {
    fn quietly(answer: Value) -> Self {
        Self { answer, happenings: Vec::new() }
    }
}

/// What a call does.
#[derive(Clone, Copy)]
pub(super) enum Call {
    /// It is answered from what is there.
    Read(fn(&Registry, &Params) -> Result<Value, ApiError>),
    /// It is answered by the receiver of a delivery.
    Test(fn(&Registry, &Params, u64) -> Result<Outgoing, ApiError>),
    /// It changes what is there, at a time in milliseconds.
    Write(fn(&mut Registry, &Params, u64) -> Result<Done, ApiError>),
}

use Call::{Read, Test, Write};

/// Under each of the [`FAMILIES`].
const ROUTES: &[(&str, &str, Call)] = &[
    ("POST", "comments/create", Write(versions::comment)),
    ("GET", "databricks/registered-models/get", Read(models::get_databricks)),
    ("POST", "databricks/model-versions/transition-stage", Write(stages::transition_databricks)),
    ("POST", "model-versions/create", Write(versions::create)),
    ("GET", "model-versions/get", Read(versions::get)),
    ("GET", "model-versions/search", Read(versions::search)),
    ("POST", "model-versions/set-tag", Write(versions::set_tag)),
    ("POST", "model-versions/transition-stage", Write(stages::transition)),
    ("POST", "registered-models/create", Write(models::create)),
    ("GET", "registered-models/get", Read(models::get)),
    ("POST", "registered-models/get-latest-versions", Read(models::get_latest_versions)),
    ("GET", "registered-models/list", Read(models::list)),
    ("GET", "registered-models/search", Read(models::search)),
    ("POST", "registry-webhooks/create", Write(webhooks::create)),
    ("DELETE", "registry-webhooks/delete", Write(webhooks::delete)),
    ("GET", "registry-webhooks/list", Read(webhooks::list)),
    ("POST", "registry-webhooks/test", Test(webhooks::test)),
    ("PATCH", "registry-webhooks/update", Write(webhooks::update)),
    ("POST", "transition-requests/approve", Write(stages::approve)),
    ("POST", "transition-requests/create", Write(stages::request)),
    ("GET", "transition-requests/list", Read(stages::list)),
    ("POST", "transition-requests/reject", Write(stages::reject)),
];

/// `databricks-registry-webhooks` uses the second, everything newer the first.
const FAMILIES: [&str; 2] = ["/api/2.0/mlflow/", "/api/2.0/preview/mlflow/"];

/// Finds the call.
pub(super) fn route(method: &str, path: &str) -> Result<Call, ApiError> {
    let below = FAMILIES.iter().find_map(|family| path.strip_prefix(family));
    let mut calls = ROUTES.iter().filter(|(_, known, _)| below == Some(*known));
    if let Some((_, _, call)) = calls.clone().find(|(known, ..)| *known == method) {
        return Ok(*call);
    }
    Err(Code::EndpointNotFound.error(match calls.next() {
        Some((right, ..)) => format!("this call is made with {right}"),
        None => {
            "the emulator has no such call; its documentation lists those that it has".to_owned()
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, ROUTES, route};

    #[test]
    fn the_documentation_lists_each_call_with_a_mark() {
        let page = include_str!("../../EMULATOR.md");
        for (method, path, _) in ROUTES {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{method} {path}` |")));
            let row = row.unwrap_or_else(|| panic!("{method} {path} is missing"));
            let is_marked =
                ["measured", "documented", "our choice"].iter().any(|m| row.contains(m));
            assert!(is_marked, "{row}");
        }
        let rows = page.lines().filter(|line| {
            ["| `GET ", "| `POST ", "| `PATCH ", "| `DELETE "].iter().any(|m| line.starts_with(m))
        });
        // And the one without a token.
        assert_eq!(rows.count(), ROUTES.len() + 1);
    }

    #[test]
    fn every_call_is_there_under_both_families_and_with_its_method_alone() {
        for (method, path, _) in ROUTES {
            for family in FAMILIES {
                assert!(route(method, &format!("{family}{path}")).is_ok());
                let error = route("PUT", &format!("{family}{path}")).err().unwrap();
                assert_eq!(error.message, format!("this call is made with {method}"));
            }
            for path in [format!("/api/2.1/mlflow/{path}"), format!("{}{path}/", FAMILIES[0])] {
                assert_eq!(route(method, &path).err().unwrap().code.name(), "ENDPOINT_NOT_FOUND");
            }
        }
    }
}
