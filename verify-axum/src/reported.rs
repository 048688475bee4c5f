use verify_adapter::Refusal;

/// Stands in the extensions of a request that was let through although it was refused:
/// [`dangerous_report_only`](crate::VerifyLayer::dangerous_report_only).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Reported {
    /// Why it would not have been let through.
    pub refusal: Refusal,
}
