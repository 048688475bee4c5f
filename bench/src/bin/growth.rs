//! How cost grows: a claim by the keys in the store, and a delivery in the outbox by the postings that wait. The latter is
//! measured by the benches of `verify-outbox`; `bench/run` writes what they print to `results/`.

use std::{
    error::Error,
    ops::Range,
    time::{Duration, Instant},
};

use verify_bench::{
    interleaved::Spread,
    plot,
    report::{self, Table},
};
use verify_once::{ClaimsAtOnce, Key, Memory, Terms, Token};

const WEEK: Terms = Terms::new(Duration::from_secs(30), Duration::from_secs(7 * 24 * 3600));
const KEYS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const TURNS: u64 = 25;

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// A store of claims under test.
trait Store {
    /// Claims that are measured together.
    const CLAIMS: u64;

    /// Lets the store know keys, in any way.
    fn fill(&self, numbers: Range<u64>) -> Done;

    /// Claims keys that nobody claimed before, and completes each, one after the other.
    fn handle(&self, numbers: Range<u64>) -> Done;
}

impl Store for Memory {
    const CLAIMS: u64 = 200;

    fn fill(&self, numbers: Range<u64>) -> Done {
        self.handle(numbers)
    }

    fn handle(&self, numbers: Range<u64>) -> Done {
        for (key, token) in numbers.map(claim) {
            self.claim(&key, &token, WEEK)?;
            self.complete(&key, &token, 204)?;
        }
        Ok(())
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::{env, fs, ops::Range, path::PathBuf, sync::Arc};

    use tokio::{runtime::Runtime, task::JoinSet};
    use verify_once::{Claims, Sqlite, StoreError};

    use super::{Done, Store, WEEK, claim};

    /// Claims that share a commit, when the file is filled.
    const AT_ONCE: usize = 2048;

    pub(crate) struct Filed {
        store: Arc<Sqlite>,
        runtime: Runtime,
        folder: PathBuf,
    }

    impl Filed {
        /// Beside this program: what is temporary may not be on a disk.
        pub(crate) fn new() -> Done<Self> {
            let folder = env::current_exe()?.with_file_name(format!("keys-{}", std::process::id()));
            fs::create_dir(&folder)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok(Self { store: Arc::new(Sqlite::new(folder.join("claims.db"))), runtime, folder })
        }
    }

    impl Drop for Filed {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    impl Store for Filed {
        const CLAIMS: u64 = 20;

        fn fill(&self, numbers: Range<u64>) -> Done {
            self.runtime.block_on(async {
                let mut tasks = JoinSet::new();
                for first in 0..AT_ONCE {
                    let (store, numbers) = (Arc::clone(&self.store), numbers.clone());
                    tasks.spawn(async move {
                        for (key, token) in numbers.skip(first).step_by(AT_ONCE).map(claim) {
                            store.claim(&key, &token, WEEK).await?;
                        }
                        Ok::<(), StoreError>(())
                    });
                }
                tasks.join_all().await.into_iter().collect::<Result<(), _>>()
            })?;
            Ok(())
        }

        fn handle(&self, numbers: Range<u64>) -> Done {
            self.runtime.block_on(async {
                for (key, token) in numbers.map(claim) {
                    self.store.claim(&key, &token, WEEK).await?;
                    self.store.complete(&key, &token, 204).await?;
                }
                Ok(())
            })
        }
    }
}

/// A key that is as good as a digest, and a token.
fn claim(number: u64) -> (Key, Token) {
    let word = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = [0; 32];
    for (turn, place) in (1..).zip(bytes.as_chunks_mut::<8>().0) {
        *place = word.rotate_left(turn * 13).wrapping_mul(word | 1).to_ne_bytes();
    }
    (Key::new(bytes), Token::new(u128::from(number).to_ne_bytes()))
}

/// Returns the times of a claim and its completion, by the keys in the store, in nanoseconds.
fn grow<S: Store>(store: &S) -> Done<Vec<(u64, Spread)>> {
    let most = if report::is_brief() { KEYS[1] } else { KEYS[3] };
    let mut known = 0;
    let mut grown = Vec::new();
    for keys in KEYS.into_iter().filter(|keys| *keys <= most) {
        store.fill(known..keys)?;
        known = keys;
        let mut times = Vec::new();
        for _ in 0..TURNS {
            let begun = Instant::now();
            store.handle(known..known + S::CLAIMS)?;
            known += S::CLAIMS;
            times.push(begun.elapsed().as_secs_f64() * 1e9 / S::CLAIMS as f64);
        }
        grown.push((keys, Spread::of(times)));
    }
    Ok(grown)
}

fn keys() -> Done {
    let stores = [
        ("memory", grow(&Memory::with_most(2_000_000))?),
        #[cfg(feature = "sqlite")]
        ("a file of SQLite", grow(&sqlite::Filed::new()?)?),
    ];
    let mut raw = Table::new(&["store", "keys", "ns_q1", "ns", "ns_q3"]);
    let mut shown = Table::new(&["claimed and completed", "keys in the store", "us"]);
    let mut curves: Vec<plot::Curve> = Vec::new();
    for (name, grown) in &stores {
        for (keys, Spread { low, median, high }) in grown {
            let times = [low, median, high].map(|time| format!("{time:.0}"));
            raw.row([(*name).to_owned(), keys.to_string()].into_iter().chain(times));
            let [low, median, high] = [low, median, high].map(|time| time / 1e3);
            let time = format!("{median:.2} ({low:.2} to {high:.2})");
            shown.row([(*name).to_owned(), keys.to_string(), time]);
        }
        let points = grown.iter().map(|(keys, time)| (*keys as f64, time.median / 1e3)).collect();
        curves.push(((*name).to_owned(), points));
    }
    report::publish("growth-keys", &raw, shown.to_markdown().trim_end_matches('\n'))?;
    if report::is_brief() {
        return Ok(());
    }
    let title = "A claim and its completion, by keys in the store";
    Ok(report::write("growth-keys.svg", &plot::curves(title, ["keys", "us"], &curves)?)?)
}

/// Shows what the benches of `verify-outbox` wrote.
fn outbox() -> Done {
    let mut shown =
        Table::new(&["330 B, to a file", "a second", "of the bare file", "least to most"]);
    for row in report::read("outbox.csv")? {
        let [what, median, least, most, ratio] = row.as_slice() else {
            return Err("results/outbox.csv: a line has not five cells".into());
        };
        let spread = format!("{least} to {most}");
        shown.row([what, median, ratio, &spread]);
    }
    report::insert("outbox", shown.to_markdown().trim_end_matches('\n'))?;

    let mut curves: [plot::Curve; 2] = [("kept".into(), vec![]), ("posted".into(), vec![])];
    let mut shown = Table::new(&["postings that wait", "kept, us", "posted, us"]);
    for row in report::read("growth-waiting.csv")? {
        let [waiting, kept, posted] = row.as_slice() else {
            return Err("results/growth-waiting.csv: a line has not three cells".into());
        };
        shown.row([waiting, kept, posted]);
        for ((_, points), time) in curves.iter_mut().zip([kept, posted]) {
            points.push((waiting.parse()?, time.parse()?));
        }
    }
    report::insert("growth-waiting", shown.to_markdown().trim_end_matches('\n'))?;
    let title = "A delivery in the outbox, by postings that wait";
    Ok(report::write("growth-waiting.svg", &plot::curves(title, ["postings", "us"], &curves)?)?)
}

fn main() -> Done {
    keys()?;
    if report::is_brief() { Ok(()) } else { outbox() }
}
