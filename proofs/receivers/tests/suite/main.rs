//! Both example receivers, as processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

#[cfg(target_os = "linux")]
mod claims;
#[cfg(target_os = "linux")]
mod crowd_actix;
mod crowd_axum;
mod once;
#[path = "../../../../verify-once/tests/suite/port.rs"]
mod port;
mod process;
#[expect(dead_code, reason = "the suite of verify-once uses all of them")]
#[path = "../../../../verify-once/tests/suite/servers.rs"]
mod servers;

use process::Program;

/// How time passes for a store.
type Passing =
    Box<dyn Fn(core::time::Duration) -> core::pin::Pin<Box<dyn Future<Output = ()> + Send>>>;

const AXUM: Program = Program { path: env!("CARGO_BIN_EXE_receiver-on-axum"), peak: 150 };
/// The read buffers of connections are twice as large in actix and cannot be set.
const ACTIX: Program = Program { path: env!("CARGO_BIN_EXE_receiver-on-actix"), peak: 220 };

/// Makes each test of these files one for each receiver.
macro_rules! on_both {
    ($($file:ident: $($(#[$attribute:meta])* $test:ident,)*;)*) => {
        mod axum {
            $($($(#[$attribute])* #[test] fn $test() { crate::$file::$test(&crate::AXUM) })*)*
        }
        mod actix {
            $($($(#[$attribute])* #[test] fn $test() { crate::$file::$test(&crate::ACTIX) })*)*
        }
    };
}

on_both! {
    once:
    a_repetition_is_answered_without_a_second_line,
    #[cfg(target_os = "linux")]
    what_failed_runs_again_as_the_next_attempt,
    what_the_store_would_have_forgotten_is_not_handled,
    a_store_that_comes_later_is_waited_for,
    a_store_that_cannot_be_used_stops_it_with_a_clear_message,
    a_password_of_a_store_is_not_shown,
    ;
    process:
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
    ;
}
