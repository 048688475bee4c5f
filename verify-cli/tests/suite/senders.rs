use serde_json::Value;
use verify_axum::Sender;

use super::support::verify;

#[test]
fn the_facts_are_those_of_the_code() {
    let shown = verify("senders").run().ended(0);
    for sender in Sender::ALL {
        for fact in sender.facts() {
            let marks: Vec<_> = fact.certainty.iter().map(|mark| mark.as_str()).collect();
            let line = format!("\n  {:<17}  {}\n", marks.join(", "), fact.text);
            assert!(shown.contains(&line), "{line}");
        }
    }
    assert!(shown.contains(
        "mlflow\n  x-mlflow-signature: `v1,`, base64 of HMAC-SHA256 over x-mlflow-delivery-id + \".\" + \
         x-mlflow-timestamp + \".\" + body\n  bodies of up to 4194304 bytes are taken\n"
    ));

    let lines = verify("senders --json").run().ended(0);
    let senders: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(senders.len(), Sender::ALL.len());
    assert_eq!(senders[0]["facts"][0]["certainty"], serde_json::json!(["documented", "field"]));
    let one = verify("senders wandb --json").run().ended(0);
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap(), *senders.last().unwrap());
}
