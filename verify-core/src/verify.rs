use crate::{
    Headers, Rejection, UnixTime, Verified, Verifier,
    head::{Further, Head, keys},
    judgement::judge,
    mac,
};

impl Verifier {
    /// Judges a delivery whose body is already in memory, in one call and without allocation.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), then [`Pending::feed`](crate::Pending::feed) and
    /// [`Pending::finish`](crate::Pending::finish).
    pub fn verify<'b>(
        &self,
        now: UnixTime,
        headers: &(impl Headers + ?Sized),
        body: &'b [u8],
    ) -> Result<Verified<&'b [u8]>, Rejection> {
        let rules = &self.rules;
        let mut further = Further::new();
        let head = Head::judge(rules, now, headers, &mut further)?;
        if body.len() > rules.body_limit {
            return Err(Rejection::BODY_TOO_LARGE);
        }
        // One secret after the other: nothing has to be kept from one chunk to the next.
        let tags = keys(rules, head.keyed.as_ref())
            .map(|key| mac::of(key, head.signed(rules).chain([body])));
        Ok(Verified::new(judge(rules, head.claim.as_ref(), &further, now, tags)?, body))
    }
}
