//! What the webhook itself says.

use core::net::{IpAddr, Ipv6Addr};

use tokio::{
    net::lookup_host,
    time::{Duration, timeout},
};

use super::{Examination, Fault, Report};
use crate::{
    Destination, Registry, ServerUrl, Status, Webhook, databricks, mlflow, without_password,
};

/// Looks at what needs no network.
pub(super) fn look(
    report: &mut Report,
    asked: &Examination<'_>,
    webhook: &Webhook,
    all: &[Webhook],
) {
    match &webhook.status {
        Some(Status::Active) | None => report.good("the webhook is active"),
        Some(Status::Disabled) => report.find(Fault::WebhookDisabled, ""),
        Some(Status::TestMode) => report.find(Fault::WebhookTestMode, ""),
        Some(Status::Other(word)) => report.find(Fault::StatusUnknown, word),
    }
    if webhook.events.is_empty() {
        report.find(Fault::EventsNone, "");
    }
    if let Some(event) = &asked.event {
        let known = match asked.registry {
            Registry::Databricks(_) => databricks::Event::new(event).map(|event| event.name()),
            Registry::Mlflow(_) => mlflow::Event::new(event).map(|event| event.name()),
        };
        let events = webhook.events.join(", ");
        match known {
            Err(_) => report.find(Fault::EventUnknown, event),
            Ok(name) if webhook.events.iter().any(|own| own == name) => {
                report.good(format!("it is subscribed to {name}"));
            }
            Ok(_) => report.find(Fault::EventMissing, format!("it has {events}")),
        }
    }
    if let (Some(wanted), Some(own)) = (&asked.model, &webhook.model)
        && wanted != own
    {
        report.find(Fault::ModelOther, own);
    }
    match &webhook.destination {
        Destination::Job { job_id, .. } => report.find(Fault::JobDestination, job_id),
        Destination::Unknown => report.find(Fault::DestinationUnknown, ""),
        Destination::Http { verifies_tls: false, .. } => {
            report.find(Fault::CertificateUnchecked, "");
        }
        Destination::Http { .. } => {}
    }
    let is_twin = |other: &&Webhook| {
        other.id != webhook.id
            && other.destination.url().is_some()
            && other.destination.url() == webhook.destination.url()
    };
    let twins: Vec<_> = all.iter().filter(is_twin).map(|twin| twin.id.as_str()).collect();
    if !twins.is_empty() {
        report.find(Fault::SameUrl, twins.join(", "));
    }
}

/// Where deliveries go to, as far as one can.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) server: ServerUrl,
    /// The path with the query.
    pub(super) path: String,
    /// What is delivered to it.
    pub(super) events: Vec<String>,
}

/// Looks at the URL. `None`: there is no receiver that could be asked.
pub(super) async fn url(report: &mut Report, webhook: &Webhook) -> Option<Receiver> {
    let url = webhook.destination.url()?;
    let shown = without_password(url);
    // As the other end of a connection sees it: a password goes into a header.
    let plain = shown.replace("[redacted]@", "");
    if plain != url {
        report.find(Fault::UrlPassword, &shown);
    }
    let uri: Option<http::Uri> = plain.split('#').next().and_then(|plain| plain.parse().ok());
    let read = ServerUrl::read(&plain).zip(uri);
    let Some((server, uri)) = read else {
        report.find(Fault::UrlMalformed, &shown);
        return None;
    };
    let root = ServerUrl::read(&format!(
        "{}://{}",
        if server.is_tls { "https" } else { "http" },
        server.authority
    ))?;
    if !server.is_tls {
        report.find(Fault::UrlNotHttps, &shown);
    }
    let found = lookup_host((root.bare_host(), root.port));
    if let Ok(Ok(found)) = timeout(Duration::from_secs(5), found).await {
        let addresses: Vec<_> = found.map(|address| address.ip()).collect();
        if let Some(address) = addresses.iter().find(|address| is_private(**address)) {
            report.find(Fault::UrlPrivate, address.to_string());
        }
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Some(Receiver { server: root, path, events: webhook.events.clone() })
}

/// Whether an address is of one's own network or machine.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                // Between providers and their customers: RFC 6598.
                || first == 100 && (64..128).contains(&second)
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address == Ipv6Addr::UNSPECIFIED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn private_addresses_are_known() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "0.0.0.0",
        ] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "100.128.0.1", "2606:4700::1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
