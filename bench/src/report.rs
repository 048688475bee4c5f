//! Raw numbers into files, and tables into the README.

use std::{fs, io, path::Path};

/// A table: of raw numbers as a file, or of rounded ones as text.
#[derive(Clone, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|text| (*text).into()).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = impl ToString>) {
        self.rows.push(cells.into_iter().map(|cell| cell.to_string()).collect());
    }

    fn lines(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.columns).chain(&self.rows)
    }

    /// A comma in a cell becomes a semicolon, which [`read`] makes a comma again.
    pub fn to_csv(&self) -> String {
        let cell = |cell: &String| cell.replace(',', ";");
        let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<_>>().join(",");
        self.lines().map(|cells| line(cells) + "\n").collect()
    }

    pub fn to_markdown(&self) -> String {
        let mut lines: Vec<_> =
            self.lines().map(|line| format!("| {} |\n", line.join(" | "))).collect();
        lines.insert(1, format!("|---{}|\n", "|---:".repeat(self.columns.len().saturating_sub(1))));
        lines.concat()
    }
}

/// The folder of this package.
fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a file of results.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(home().join("results"))?;
    fs::write(home().join("results").join(name), text)
}

/// Reads a file of results, as rows of cells without the names of the columns.
///
/// # Errors
///
/// The file cannot be read.
pub fn read(name: &str) -> io::Result<Vec<Vec<String>>> {
    let text = fs::read_to_string(home().join("results").join(name))?;
    let cells = |line: &str| line.split(',').map(|cell| cell.replace(';', ",")).collect();
    Ok(text.lines().skip(1).map(cells).collect())
}

/// Puts text between the markers of this name in the README.
///
/// # Errors
///
/// The README cannot be read or written, or has no such markers.
pub fn insert(marker: &str, text: &str) -> io::Result<()> {
    let path = home().join("README.md");
    let readme = fs::read_to_string(&path)?;
    let [start, end] = ["begin", "end"].map(|edge| format!("<!-- {edge} {marker} -->\n"));
    let parts = readme
        .split_once(&start)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        parts.ok_or_else(|| io::Error::other(format!("README.md has no markers {marker}")))?;
    fs::write(path, [before, &start, "\n", text, "\n", &end, after].concat())
}

/// Whether to run for seconds, to see that everything works, and write nothing.
pub fn is_brief() -> bool {
    std::env::args().any(|argument| argument == "--brief")
}

/// Writes raw numbers and the table of them, or prints the table if the run is brief.
///
/// # Errors
///
/// Those of [`write`] and [`insert`].
pub fn publish(name: &str, raw: &Table, text: &str) -> io::Result<()> {
    println!("{text}");
    if is_brief() {
        return Ok(());
    }
    write(&format!("{name}.csv"), &raw.to_csv())?;
    insert(name, text)
}
