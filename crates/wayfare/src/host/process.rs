//! What the system tells of this process, under the names that every Prometheus client uses. Where
//! there is no `/proc`, only the start is known.

use std::fs;

use wayfare_model::metrics::Family;
use wayfare_model::time::Moment;

/// What the system tells.
#[expect(clippy::cast_precision_loss, reason = "samples are floating-point numbers")]
pub(super) fn metrics(started: Moment) -> Vec<Family> {
    let mut families = vec![
        Family::gauge("process_start_time_seconds", "When the process started, since 1970 in UTC")
            .with(started.as_ms() as f64 / 1_000.0),
    ];
    if let Some(memory) = memory() {
        families.push(
            Family::gauge("process_resident_memory_bytes", "Memory that the process holds")
                .with(memory.resident),
        );
        families.push(
            Family::gauge(
                "process_virtual_memory_bytes",
                "Addresses that the process uses, those of mapped files included",
            )
            .with(memory.mapped),
        );
    }
    if let Some(seconds) = cpu_seconds() {
        families.push(Family::counter("process_cpu_seconds", "Time on a processor").with(seconds));
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        families.push(
            Family::gauge("process_open_fds", "Files and connections that are open")
                .with(open.count()),
        );
    }
    families
}

/// Memory of the process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Memory {
    mapped: u64,
    resident: u64,
}

fn memory() -> Option<Memory> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split(' ').map_while(|number| number.parse::<u64>().ok());
    let page_bytes = rustix::param::page_size() as u64;
    Some(Memory { mapped: pages.next()? * page_bytes, resident: pages.next()? * page_bytes })
}

/// Seconds of all threads on a processor, in the system included.
#[expect(clippy::cast_precision_loss, reason = "samples are floating-point numbers")]
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything.
    let (_, after_name) = text.rsplit_once(") ")?;
    // utime and stime are the fields 14 and 15, the first after the name being number 3.
    let mut fields = after_name.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let spent = ticks()? + ticks()?;
    Some(spent as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_of_this_process() {
        let memory = memory().unwrap();
        assert!(memory.resident > 1024 * 1024 && memory.mapped > memory.resident, "{memory:?}");
        assert!(cpu_seconds().is_some_and(|seconds| seconds < 3_600.0));
        let told: Vec<_> = metrics(Moment::from_ms(0)).iter().map(|family| family.name).collect();
        assert_eq!(
            told,
            [
                "process_start_time_seconds",
                "process_resident_memory_bytes",
                "process_virtual_memory_bytes",
                "process_cpu_seconds",
                "process_open_fds",
            ]
        );
    }
}
