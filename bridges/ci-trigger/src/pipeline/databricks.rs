//! Databricks: <https://docs.databricks.com/api/workspace/jobs/runnow>.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// What the parameters of a run may have, as JSON.
const MOST_BYTES: usize = 10_000;

pub(super) fn run_now(
    job_id: u64,
    names: &[String],
    key: &[u8; 32],
    facts: Map<String, Value>,
) -> Result<Value, String> {
    Ok(json!({
        "job_id": job_id,
        "idempotency_token": idempotency_token(job_id, key),
        "job_parameters": parameters(names, facts)?,
    }))
}

/// The facts of these names.
pub(super) fn parameters(names: &[String], facts: Map<String, Value>) -> Result<Value, String> {
    let facts: Map<_, _> = facts.into_iter().filter(|(name, _)| names.contains(name)).collect();
    let parameters = Value::from(facts);
    match parameters.to_string().len() <= MOST_BYTES {
        true => Ok(parameters),
        false => {
            Err(format!("more than the {MOST_BYTES} bytes of parameters that Databricks takes"))
        }
    }
}

/// However often it is posted, one run starts. 64 characters, which is what Databricks takes; of the
/// job too, because no document says that two jobs may have runs with the same token.
pub(super) fn idempotency_token(job_id: u64, key: &[u8; 32]) -> String {
    let token = Sha256::new().chain_update(key).chain_update(job_id.to_be_bytes());
    base16ct::lower::encode_string(&token.finalize())
}
