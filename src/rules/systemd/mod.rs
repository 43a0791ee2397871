//! systemd: timers and the services that they start, and the spans that others use too.
//!
//! After systemd.unit(5), systemd.timer(5) and systemd.service(5): the search path with masks
//! and drop-ins, `ExecStart=` without a shell, conditions as gates. A timer counts as enabled
//! where a `.wants` link says so; in a checkout there is no such evidence and it counts as
//! enabled. Limits: generators, aliases and `systemd-run` are not followed.

mod calendar;
mod command;
pub(super) mod span;
#[cfg(test)]
mod tests;
pub(super) mod timer;
pub(super) mod unit;
