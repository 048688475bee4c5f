//! All that can be found, in one table: from it come the enum, the names, the sentences and
//! `FINDINGS.md`.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Severity {
    /// There is nothing to do.
    Remark,
    /// Deliveries may be lost, or more is let in than should be.
    Warning,
    /// Deliveries do not arrive.
    Fault,
}

impl Severity {
    /// Returns the word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Remark => "remark",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

macro_rules! faults {
    ($($variant:ident $name:literal $severity:ident $says:literal => $advice:literal;)*) => {
        /// What can be wrong.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Fault {
            $(#[doc = concat!("`", $name, "`: ", $says, ".")] $variant,)*
        }

        impl Fault {
            /// All of them, in the order of the way of a delivery.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name, for scripts.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns how bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Says what is wrong.
            #[must_use]
            pub const fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)* }
            }

            /// Says what to do.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }
        }
    };
}

faults! {
    ServiceUnknown "service-unknown" Fault
        "the name of the service's host is not known" => "look for a typing mistake in DATABRICKS_HOST or MLFLOW_TRACKING_URI";
    ServiceUnreachable "service-unreachable" Fault
        "the service cannot be reached" => "is it running, and does a firewall or VPN stand between?";
    ServiceCertificate "service-certificate" Fault
        "the service's certificate is not trusted" => "for a company's own authority of MLflow, name its certificate in MLFLOW_TRACKING_SERVER_CERT_PATH";
    ServiceElsewhere "service-elsewhere" Fault
        "what answers is not the registry" => "take the host from the address bar of the registry's own page; a login page means a wrong host";
    ServiceBroken "service-broken" Fault
        "the service broke off, or answers what cannot be read" => "look into the server's log, and at what proxy is in front of it";
    ServiceBusy "service-busy" Fault
        "the service is busy" => "wait, and run this again";
    TokenRefused "token-refused" Fault
        "the service does not accept the token or password" => "it may have expired: make a new one, and set it where the old one was";
    PermissionMissing "permission-missing" Fault
        "the token or password may not manage webhooks" => "on MLflow, an administrator may; on Databricks, one who may manage the model, and for the whole registry an administrator";
    EncryptionKey "encryption-key" Fault
        "MLflow cannot read its webhooks, most likely because of its encryption key" => "set MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY of the server to the key that it had when the webhooks were made; without it, each start makes a new key";
    ServiceRefused "service-refused" Fault
        "the service refused the call" => "its own words say why";
    WebhookMissing "webhook-missing" Fault
        "there is no such webhook" => "`verify webhooks list` shows those there are";
    WebhookAmbiguous "webhook-ambiguous" Fault
        "several webhooks have this name" => "name one by its id";
    WebhookDisabled "webhook-disabled" Fault
        "the webhook is disabled" => "make it active: `verify webhooks update .. --status active`";
    WebhookTestMode "webhook-test-mode" Fault
        "the webhook is in test mode, in which it delivers tests alone" => "make it active: `verify webhooks update .. --status active`";
    StatusUnknown "status-unknown" Warning
        "the webhook has a status that is not known here" => "look at it in the service's own pages";
    EventMissing "event-missing" Fault
        "the webhook is not subscribed to this event" => "add it: `verify webhooks update .. --event ..` with all events that it is to have";
    EventUnknown "event-unknown" Fault
        "the sender has no such event" => "`verify senders` lists its events";
    EventsNone "events-none" Fault
        "the webhook has no events" => "give it some: `verify webhooks update .. --event ..`";
    ModelOther "model-other" Fault
        "the webhook is for another model" => "make one for this model, or for the whole registry";
    JobDestination "job-destination" Remark
        "the webhook runs a job, so there is no receiver to look at" => "look at the runs of the job";
    DestinationUnknown "destination-unknown" Warning
        "the service does not say where the webhook delivers to" => "look at it in the service's own pages";
    UrlMalformed "url-malformed" Fault
        "the webhook's URL is not one that can be delivered to" => "set another: `verify webhooks update .. --url ..`";
    UrlNotHttps "url-not-https" Warning
        "the webhook's URL is not https" => "Databricks refuses it, and MLflow too unless the server has MLFLOW_WEBHOOK_ALLOWED_SCHEMES; whoever sees the network can read and replay deliveries";
    UrlPrivate "url-private" Warning
        "the webhook's URL leads to a private address" => "Databricks cannot reach it, and MLflow refuses it unless the server has MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS";
    UrlPassword "url-password" Warning
        "the webhook's URL has a password in it, which the service shows to all who may list webhooks" => "let the receiver check the signature, and take the password out";
    CertificateUnchecked "certificate-unchecked" Warning
        "the sender does not check the receiver's certificate" => "turn it on: `verify webhooks update .. --verify-tls true`";
    SameUrl "same-url" Remark
        "other webhooks deliver to the same URL" => "a change may arrive several times: is that wanted?";
    ReceiverUnknown "receiver-unknown" Fault
        "the name of the receiver's host is not known here" => "look for a typing mistake in the URL; a name of the cluster is known in the cluster alone";
    ReceiverRefused "receiver-refused" Fault
        "nobody listens at the receiver's host and port" => "start the receiver, and look at its port and the address that it binds: 127.0.0.1 is reached from that machine alone";
    ReceiverUnreachable "receiver-unreachable" Fault
        "the receiver cannot be reached from here" => "does a firewall stand between? It may still be reached by the sender";
    ReceiverCertificate "receiver-certificate" Fault
        "the receiver's certificate is not trusted" => "renew it, or let it be signed by an authority that everybody trusts, for this host; senders check it as well";
    ReceiverNotTls "receiver-not-tls" Fault
        "the receiver does not speak TLS at this port" => "put TLS in front of it, or correct the port in the URL";
    ReceiverHangsUp "receiver-hangs-up" Fault
        "the receiver hangs up without an answer" => "look into its log, and that of the proxy in front of it";
    ReceiverSilent "receiver-silent" Fault
        "the receiver does not answer in time" => "answer first and work later: senders give up after some 30 s, and send it again or not at all";
    ReceiverNotHttp "receiver-not-http" Fault
        "what answers at the receiver's port is not HTTP" => "correct the port, or write https:// in the URL";
    AnswerRedirect "answer-redirect" Fault
        "the receiver redirects" => "set the URL to where it redirects to: senders that follow a 301, 302 or 303 lose the body";
    AnswerNotFound "answer-not-found" Fault
        "there is nothing at the path of the URL" => "correct the path in the URL, or the route of the receiver";
    AnswerMethod "answer-method" Fault
        "the receiver does not take POST at this path" => "let the route take POST";
    AnswerTooLarge "answer-too-large" Fault
        "the receiver finds the delivery too large" => "raise the limit of body sizes, also in the proxy in front: MLflow delivers up to some MB";
    AnswerMediaType "answer-media-type" Fault
        "the receiver does not take the content type" => "senders send application/json or nothing: take the raw body, and ask for no type";
    AnswerForbidden "answer-forbidden" Fault
        "something refuses with 403" => "a firewall or proxy in front of the receiver may refuse what is no browser";
    AnswerClientError "answer-client-error" Fault
        "the receiver refuses with a 4xx that is not about the signature" => "look into its log";
    AnswerServerError "answer-server-error" Fault
        "the receiver fails with a 5xx" => "look into its log";
    AnswerBusy "answer-busy" Warning
        "the receiver answers 429" => "let senders through its rate limit";
    AnswerSlow "answer-slow" Warning
        "the receiver takes long to answer" => "answer first and work later";
    RetryAfterUnreadable "retry-after-unreadable" Warning
        "the receiver sends a Retry-After that MLflow cannot read, and then gives up" => "send a number of seconds";
    AcceptsUnsigned "accepts-unsigned" Warning
        "the receiver accepts a delivery without a signature: anybody can send one" => "verify the signature, and refuse what has none";
    AcceptsForged "accepts-forged" Warning
        "the receiver accepts a delivery that is signed with a wrong secret" => "compare the signature with one that is made from the raw body";
    GenuineRefused "genuine-refused" Fault
        "the receiver refuses a delivery that is signed with the secret given" => "is that the receiver's secret, byte for byte, and is its clock right? Record the request and run `verify explain`";
    TestUnauthorized "test-unauthorized" Fault
        "the receiver refuses the sender's own test with 401" => "give the secret and what the receiver recorded (`--capture`, or `--listen` for a `verify listen`) to learn the cause";
    SenderSignsOtherwise "sender-signs-otherwise" Fault
        "the receiver takes what is signed with the secret given, and refuses what the sender signs" => "the sender has another secret, or none: `verify webhooks rotate` sets it";
    DeliveriesLost "deliveries-lost" Warning
        "MLflow never sends a delivery again that is answered so" => "answer 503 where the receiver cannot judge or handle it";
    SchemeRefused "scheme-refused" Fault
        "the MLflow server does not deliver to URLs with this scheme" => "set MLFLOW_WEBHOOK_ALLOWED_SCHEMES=https,http of the server, or take an https URL";
    PrivateRefused "private-refused" Fault
        "the MLflow server does not deliver to private addresses" => "set MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true of the server, or take a public address";
    SenderCannotConnect "sender-cannot-connect" Fault
        "the sender cannot reach the receiver" => "is the host and port reachable from where the sender runs? 127.0.0.1 is another machine there";
    SenderDistrusts "sender-distrusts" Fault
        "the sender does not trust the receiver's certificate" => "let it be signed by an authority that everybody trusts, for this host";
    SenderTimedOut "sender-timed-out" Fault
        "the sender waited too long for the receiver" => "answer first and work later, and look at firewalls between them";
    SenderFailed "sender-failed" Fault
        "the sender could not deliver its test" => "its own words say why";
    TestAnswered "test-answered" Fault
        "the receiver did not take the sender's own test" => "look into the receiver's log";
    SecretMissing "secret-missing" Fault
        "the test delivery arrived without a signature: the sender has no secret" => "set one: `verify webhooks rotate`";
    CaptureRefused "capture-refused" Fault
        "the recorded delivery does not verify with the secret given" => "the cause is named; `verify explain` says more";
    NotArrived "not-arrived" Fault
        "`verify listen` has received nothing" => "the URL leads elsewhere: is the tunnel up, and does it end at the port for deliveries?";
    ListenUnreachable "listen-unreachable" Warning
        "the page of `verify listen` does not answer" => "name the address that it printed as its page";
}

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;
    use std::collections::BTreeSet;

    use super::Fault;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/generated/FINDINGS.md");

    #[test]
    fn names_are_kept_apart() {
        let names: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        assert!(names.len() >= 25);
    }

    /// `UPDATE=1` writes the page.
    #[test]
    fn the_page_has_them_all() {
        let mut page = "# What `verify webhooks doctor` finds\n\nMade by `UPDATE=1 cargo test -p \
                        verify-manage the_page`, which compares it otherwise.\n\n\
                        | finding | is a | says | what to do |\n|---|---|---|---|\n"
            .to_owned();
        for fault in Fault::ALL {
            let (name, severity) = (fault.name(), fault.severity().name());
            let _ =
                writeln!(page, "| `{name}` | {severity} | {} | {} |", fault.says(), fault.advice());
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(PAGE, &page).unwrap();
        }
        assert!(std::fs::read_to_string(PAGE).unwrap() == page, "UPDATE=1 writes {PAGE} anew");
    }
}
