use std::{
    env, fs,
    panic::{RefUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::Reached;

/// Replays the files named on the command line: an input that libFuzzer wrote down as a crash, on
/// stable and with a debugger at hand.
pub fn replay_files(check: fn(&[u8]) -> Reached) -> ExitCode {
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        eprintln!("give the files to replay");
        return ExitCode::from(2);
    }
    for file in files {
        match fs::read(&file) {
            Ok(data) => println!("{}: {:?}", file.display(), check(&data)),
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}

/// Replays what is in git for a target: its corpus and the inputs that once failed.
///
/// # Panics
///
/// If the property does not hold for a file, or the corpus has no file that gets to an accepted
/// delivery, or none that gets to a refused one.
pub fn replay_corpus(target: &str, check: impl Fn(&[u8]) -> Reached + RefUnwindSafe) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = files(&here.join("corpus").join(target));
    let (mut accepted, mut refused) = (0, 0);
    let regressions = files(&here.join("regressions").join(target));
    for file in corpus.iter().chain(&regressions) {
        let data = fs::read(file).expect("a file of the corpus");
        match catch_unwind(|| check(&data)) {
            Ok(Reached::Accepted) => accepted += 1,
            Ok(Reached::Refused) => refused += 1,
            Ok(Reached::Nothing) => {}
            Err(_) => panic!("the property does not hold: {}", file.display()),
        }
    }
    println!("{target}: {} files, {accepted} accepted, {refused} refused", corpus.len());
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
}

/// The files of a folder, in the same order everywhere; none where there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a folder of the corpus").path()).collect();
    files.sort_unstable();
    files
}
