//! Opening below a folder handle so that no path leads elsewhere: `openat2` (Linux 5.6) where it is there, else
//! component by component (POSIX.1-2017 `openat`).

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

/// Which links on the way are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    Refuse,
    Beneath,
    Anywhere,
}

/// To walk on from: needs no permission to list the folder where the system can tell the two apart.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const WALK: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const WALK: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// To list a folder.
pub(super) const LIST: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// To read a file; never waiting for a pipe's other end.
pub(super) const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);
/// To see what something is.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const LOOK: OFlags = READ;
/// A link itself.
pub(super) const LINK: OFlags = LOOK.union(OFlags::NOFOLLOW);

/// How often to try again where a folder is renamed at this very moment.
const TRIES: usize = 16;

/// Opens `name` below the folder; `name` has neither `..` nor a leading `/`.
pub(super) fn open(folder: &OwnedFd, name: &Path, flags: OFlags, links: Links) -> Result<OwnedFd, Errno> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{ResolveFlags, openat2};
        let resolve = ResolveFlags::NO_MAGICLINKS
            | match links {
                Links::Refuse => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
                Links::Beneath => ResolveFlags::BENEATH,
                Links::Anywhere => ResolveFlags::empty(),
            };
        for _ in 0..TRIES {
            match openat2(folder, name, flags, Mode::empty(), resolve) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                // Older kernels, and sandboxes that do not know it.
                Err(Errno::NOSYS | Errno::PERM) => return open_stepwise(folder, name, flags, links),
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    open_stepwise(folder, name, flags, links)
}

/// Opens like `openat`, again where a signal came in between: file systems over a network or in user space answer so.
pub(super) fn openat_again(folder: impl AsFd, name: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    rustix::io::retry_on_intr(|| openat(folder.as_fd(), name, flags, Mode::empty()))
}

/// Follows no link, whatever was asked: without `openat2` there is no telling where one leads.
fn open_stepwise(folder: &OwnedFd, name: &Path, flags: OFlags, links: Links) -> Result<OwnedFd, Errno> {
    if links == Links::Anywhere {
        return openat_again(folder, name, flags);
    }
    let mut components = name.components().peekable();
    let mut handle: Option<OwnedFd> = None;
    while let Some(component) = components.next() {
        let last = components.peek().is_none();
        let wanted = if last { flags } else { WALK } | OFlags::NOFOLLOW;
        let from = handle.as_ref().map_or(folder.as_fd(), AsFd::as_fd);
        let next = openat_again(from, Path::new(component.as_os_str()), wanted);
        handle = Some(match next {
            // A link where a folder is needed.
            Err(Errno::NOTDIR) if !last => return Err(Errno::LOOP),
            other => other?,
        });
    }
    handle.ok_or(Errno::NOENT)
}
