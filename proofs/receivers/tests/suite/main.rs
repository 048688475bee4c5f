//! Both example receivers, as processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

#[cfg(target_os = "linux")]
mod crowd_actix;
mod crowd_axum;
mod process;

use process::Program;

const AXUM: Program = Program { path: env!("CARGO_BIN_EXE_receiver-on-axum"), peak: 150 };
/// The read buffers of connections are twice as large in actix and cannot be set.
const ACTIX: Program = Program { path: env!("CARGO_BIN_EXE_receiver-on-actix"), peak: 220 };

/// Makes each test of `process.rs` one for each receiver.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $test:ident,)*) => {
        mod axum {
            $($(#[$attribute])* #[test] fn $test() { crate::process::$test(&crate::AXUM) })*
        }
        mod actix {
            $($(#[$attribute])* #[test] fn $test() { crate::process::$test(&crate::ACTIX) })*
        }
    };
}

on_both! {
    the_pasted_curl_lines_answer_204_and_401,
    a_verified_delivery_is_one_line_without_body_or_secret,
    #[cfg(target_os = "linux")]
    a_line_that_cannot_be_written_is_a_503,
    a_token_is_needed_where_one_is_set,
    health_needs_no_signature,
    bad_settings_stop_it_with_a_clear_message,
    white_space_in_a_secret_is_pointed_out,
    a_client_that_has_said_all_it_has_to_say_gets_its_answer,
    #[cfg(unix)]
    a_signal_is_heeded_as_soon_as_it_says_that_it_listens,
    #[cfg(unix)]
    a_second_signal_does_not_wait_for_anyone,
    #[cfg(unix)]
    sigterm_and_ctrl_c_finish_what_is_in_flight,
    #[cfg(target_os = "linux")]
    forged_bodies_held_open_leave_memory_bounded_and_good_deliveries_answered,
}
