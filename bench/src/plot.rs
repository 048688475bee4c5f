//! Curves.

use std::{error::Error, ops::Range};

use plotters::prelude::*;

/// A curve: its name and its points.
pub type Curve = (String, Vec<(f64, f64)>);

/// Draws curves over axes that both are logarithmic, and returns the SVG.
///
/// # Errors
///
/// Those of the plotting crate, and no points.
pub fn curves(
    title: &str,
    [x_name, y_name]: [&str; 2],
    curves: &[Curve],
) -> Result<String, Box<dyn Error>> {
    let range = |of: fn(&(f64, f64)) -> f64| -> Range<f64> {
        let values = curves.iter().flat_map(|(_, points)| points).map(of);
        let (low, high) = values
            .fold((f64::INFINITY, 0_f64), |(low, high), value| (low.min(value), high.max(value)));
        low / 1.2..high * 1.2
    };
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, (720, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(72)
        .build_cartesian_2d(
            range(|point| point.0).log_scale(),
            range(|point| point.1).log_scale(),
        )?;
    chart.configure_mesh().x_desc(x_name).y_desc(y_name).draw()?;
    for (number, (name, points)) in curves.iter().enumerate() {
        let color = Palette99::pick(number).to_rgba();
        chart
            .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()?;
    drop(chart);
    drop(root);
    Ok(svg)
}
