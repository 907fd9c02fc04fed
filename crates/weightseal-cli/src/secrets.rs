//! Passphrases and private keys stay in this process: a crash leaves no copy of its memory behind.

use crate::args::Command;

/// Switches core dumps off where a command may come to hold a secret. Both ways are tried, as each has a gap: a limit of
/// zero means nothing to a system that pipes dumps to a program, and other systems than Linux have only the limit.
/// What fails is no reason to stop: the command is then as safe as any other program.
///
/// On Linux, other processes of the same user can no longer read its memory either.
pub(crate) fn protect(command: &Command) {
    if may_hold_secrets(command) {
        #[cfg(unix)]
        {
            use rustix::process::{Resource, Rlimit, setrlimit};
            let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            use rustix::process::{DumpableBehavior, set_dumpable_behavior};
            let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        }
    }
}

/// Every command that makes a private key, or asks for one or its passphrase; the others read one by mistake at most. New ones
/// have to be sorted in.
fn may_hold_secrets(command: &Command) -> bool {
    match command {
        Command::Keygen(_)
        | Command::Key(_)
        | Command::Sign(_)
        | Command::Renew(_)
        | Command::Countersign(_)
        | Command::Inspect(_)
        | Command::Oms(_) => true,
        Command::Trust(_)
        | Command::Verify(_)
        | Command::Diff(_)
        | Command::Digest(_)
        | Command::Completions(_)
        | Command::Man(_) => false,
    }
}
