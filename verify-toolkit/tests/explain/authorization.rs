use base64ct::{Base64, Encoding as _};
use verify_toolkit::explain::Cause;

use crate::case::{BODY, Case, SECRET, TOKEN, plus, wandb};

pub(crate) fn cases() -> Vec<Case> {
    use Cause::*;

    let carries = |cause, value: &str| {
        Case::new(cause, plus(wandb(BODY), "Authorization", value)).bearer(TOKEN)
    };
    let bearer = format!("Bearer {TOKEN}");
    let basic = |text: &str| format!("Basic {}", Base64::encode_string(text.as_bytes()));
    let doubled = plus(plus(wandb(BODY), "Authorization", &bearer), "authorization", &bearer);
    vec![
        carries(AuthorizationBearerDoubled, &format!("Bearer {bearer}")),
        carries(AuthorizationQuoted, &format!("Bearer \"{TOKEN}\"")),
        carries(AuthorizationQuoted, &format!("bearer {TOKEN} ")),
        carries(AuthorizationScheme, &format!("Token {TOKEN}")),
        carries(AuthorizationScheme, &basic(&format!("user:{TOKEN}"))),
        carries(AuthorizationScheme, &basic("user:password")).observed(),
        carries(AuthorizationSchemeMissing, TOKEN),
        carries(AuthorizationSecret, &format!("Bearer {SECRET}")),
        carries(AuthorizationMismatch, "Bearer another-token").observed(),
        carries(AuthorizationMismatch, "Digest x").observed(),
        carries(TokenWithScheme, &bearer).bearer(&bearer),
        Case::new(AuthorizationDoubled, doubled).bearer(TOKEN),
        Case::new(AuthorizationMissing, wandb(BODY)).bearer(TOKEN).observed(),
        Case::new(AuthorizationRenamed, plus(wandb(BODY), "X-Forwarded-Authorization", &bearer))
            .bearer(TOKEN),
        Case::new(AuthorizationRenamed, plus(wandb(BODY), "HTTP_AUTHORIZATION", &bearer))
            .bearer(TOKEN),
    ]
}
