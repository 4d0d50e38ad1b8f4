//! What is left of the memory that this process can get: of the machine's, or of its container's where that has a limit.

use std::{fs, path::Path};

use domain::cache::Headroom;

/// Where Linux tells of groups of processes, in the second version of that interface.
const CGROUPS: &str = "/sys/fs/cgroup";

/// The least of what is left; none where the system does not tell.
pub(crate) fn headroom() -> Option<Headroom> {
    let group = fs::read_to_string("/proc/self/cgroup")
        .ok()
        .and_then(|text| of_groups(Path::new(CGROUPS), &text));
    let machine = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| of_machine(&text));
    [group, machine]
        .into_iter()
        .flatten()
        .min_by_key(|headroom| headroom.available_bytes)
}

/// Of the process's group and all above it, the one with the least left. `own` is what the kernel says of the process.
fn of_groups(root: &Path, own: &str) -> Option<Headroom> {
    let group = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let folder = root.join(group.trim());
    let folders = folder.ancestors().take_while(|folder| folder.starts_with(root));
    folders
        .filter_map(of_group)
        .min_by_key(|headroom| headroom.available_bytes)
}

/// None of a group without a limit.
fn of_group(folder: &Path) -> Option<Headroom> {
    let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
    let limit_bytes: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    // Pages of files that were not used lately are taken back before anybody is killed.
    let reclaimable = field(&read("memory.stat")?, "inactive_file ").unwrap_or(0);
    Some(Headroom {
        available_bytes: limit_bytes.saturating_sub(used.saturating_sub(reclaimable)),
        limit_bytes,
    })
}

fn of_machine(meminfo: &str) -> Option<Headroom> {
    let bytes = |name| Some(field(meminfo, name)? << 10);
    Some(Headroom {
        available_bytes: bytes("MemAvailable:")?,
        limit_bytes: bytes("MemTotal:")?,
    })
}

/// The number after a name at a line's beginning.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Headroom, field, headroom, of_groups, of_machine};

    #[test]
    fn this_machine_tells() {
        let headroom = headroom().expect("Linux tells");
        assert!(0 < headroom.available_bytes && headroom.available_bytes <= headroom.limit_bytes);
    }

    #[test]
    fn a_machine_is_read() {
        let text = "MemTotal:       24000 kB\nMemFree:         100 kB\nMemAvailable:    3000 kB\n";
        let expected = Headroom {
            available_bytes: 3000 << 10,
            limit_bytes: 24_000 << 10,
        };
        assert_eq!(of_machine(text), Some(expected));
        assert_eq!((of_machine("MemTotal: 1 kB"), field("a b", "a ")), (None, None));
    }

    #[test]
    fn the_tightest_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("outer/inner");
        fs::create_dir_all(&inner).unwrap();
        let write = |folder: &str, max: &str, current: &str, stat: &str| {
            let folder = root.path().join(folder);
            fs::write(folder.join("memory.max"), max).unwrap();
            fs::write(folder.join("memory.current"), current).unwrap();
            fs::write(folder.join("memory.stat"), stat).unwrap();
        };
        write("outer/inner", "max\n", "10\n", "");
        let own = "1:name=systemd:/other\n0::/outer/inner\n";
        assert_eq!(of_groups(root.path(), own), None);
        write("outer", "1000\n", "900\n", "anon 100\ninactive_file 300\n");
        let expected = Headroom {
            available_bytes: 400,
            limit_bytes: 1000,
        };
        assert_eq!(of_groups(root.path(), own), Some(expected));
        // Never below nothing, and without a group there is none.
        write("outer/inner", "500\n", "700\n", "inactive_file 0\n");
        assert_eq!(of_groups(root.path(), own).unwrap().available_bytes, 0);
        assert_eq!(of_groups(root.path(), "5:memory:/a\n"), None);
    }
}
