//! How much memory there still is, on Linux: of the machine (proc(5), `MemAvailable`), and of the control
//! groups that we are in (cgroup v1 and v2).

use std::path::{Path, PathBuf};

/// Bytes of memory that can be used before the machine or a control group runs out; `None` where nobody says.
pub(super) fn memory_room() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    group_folders(&groups, Path::new("/sys/fs/cgroup"))
        .iter()
        .filter_map(|folder| room_in(folder))
        .chain(machine)
        .min()
}

/// The folders of our memory control group and of all groups above it.
fn group_folders(groups: &str, mount: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let mounts = match controllers.split(',').any(|controller| controller == "memory") {
            true => vec![mount.join("memory")],
            // The one hierarchy of version 2; beside version 1 it is mounted one level down.
            false if controllers.is_empty() => vec![mount.to_owned(), mount.join("unified")],
            false => continue,
        };
        for mount in mounts {
            // In a container the path may be the host's: then only the mount itself exists.
            let below = Path::new(path.trim_start_matches('/'));
            folders.extend(below.ancestors().map(|ancestor| mount.join(ancestor)));
        }
    }
    folders
}

fn room_in(group: &Path) -> Option<u64> {
    let number =
        |name: &str| -> Option<u64> { std::fs::read_to_string(group.join(name)).ok()?.trim().parse().ok() };
    let (limit, used, prefix) = match (number("memory.max"), number("memory.limit_in_bytes")) {
        (Some(limit), _) => (limit, number("memory.current")?, ""),
        (None, Some(limit)) => (limit, number("memory.usage_in_bytes")?, "total_"),
        (None, None) => return None,
    };
    // Pages of files are counted as used, and are given up when memory is needed.
    let statistics = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let reclaimable: u64 = ["inactive_file", "active_file"]
        .iter()
        .filter_map(|name| field(&statistics, &format!("{prefix}{name} ")))
        .sum();
    Some(limit.saturating_sub(used.saturating_sub(reclaimable)))
}

fn available(meminfo: &str) -> Option<u64> {
    Some(field(meminfo, "MemAvailable:")?.saturating_mul(1024))
}

/// The first number after `name` at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, files: &[(&str, &str)]) {
        std::fs::create_dir_all(folder).expect("made");
        for (name, text) in files {
            std::fs::write(folder.join(name), text).expect("written");
        }
    }

    #[test]
    fn the_tightest_group_decides() {
        let mount = tempfile::tempdir().expect("a folder");
        let pod = mount.path().join("pod");
        write(
            &pod,
            &[
                ("memory.max", "1000\n"),
                ("memory.current", "900\n"),
                ("memory.stat", "anon 1\ninactive_file 100\nactive_file 50\n"),
            ],
        );
        write(&pod.join("box"), &[("memory.max", "max\n"), ("memory.current", "5\n")]);
        let folders = group_folders("0::/pod/box\n", mount.path());
        let rooms: Vec<_> = folders.iter().filter_map(|folder| room_in(folder)).collect();
        assert_eq!(rooms, [250]);
    }

    #[test]
    fn both_versions_are_read() {
        let mount = tempfile::tempdir().expect("a folder");
        write(
            &mount.path().join("memory/a"),
            &[
                ("memory.limit_in_bytes", "500\n"),
                ("memory.usage_in_bytes", "450\n"),
                ("memory.stat", "inactive_file 1\ntotal_inactive_file 30\ntotal_active_file 0\n"),
            ],
        );
        let folders = group_folders("5:cpu:/x\n4:memory:/a\n0::/\n", mount.path());
        assert_eq!(folders.iter().filter_map(|folder| room_in(folder)).min(), Some(80));
    }

    #[test]
    fn this_machine_says_something() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:  3 kB\n"), Some(3072));
        assert!(memory_room().is_some_and(|room| room > 0));
    }
}
