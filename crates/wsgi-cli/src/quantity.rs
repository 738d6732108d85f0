//! How long, how much, how fast: what the options of deadlines and limits are written in.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// How long: `500ms`, `10s`, `2m`, `1h`; a number alone is seconds, as for gunicorn and nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

/// How many bytes: `512`, `64K`, `1M`, `4G`; K is 1024, as for nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// How many bytes a second: `1K/s`, or `1K`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) u32);

/// Something that can be turned off: `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrOff<T> {
    On(T),
    Off,
}

/// The text is none of the kind that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The units of time in milliseconds, the largest first.
const TIMES: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
/// The units of sizes, the largest first.
const SIZES: [(&str, u64); 4] = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)];

impl<T> OrOff<T> {
    /// The value, or nothing.
    pub(crate) fn on(self) -> Option<T> {
        match self {
            Self::On(value) => Some(value),
            Self::Off => None,
        }
    }
}

impl<T> From<Option<T>> for OrOff<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Off, Self::On)
    }
}

impl FromStr for Time {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (number, unit) = split(text)?;
        let unit = if unit.is_empty() { "s" } else { unit };
        let (_, millis) = TIMES.into_iter().find(|(name, _)| *name == unit).ok_or(Unreadable)?;
        number.checked_mul(millis).map(Duration::from_millis).map(Self).ok_or(Unreadable)
    }
}

impl FromStr for Size {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let (number, unit) = split(text)?;
        let unit = unit.strip_suffix("iB").unwrap_or(unit);
        let is_it = |name: &str| name.eq_ignore_ascii_case(unit);
        let (_, bytes) = SIZES.into_iter().find(|(name, _)| is_it(name)).ok_or(Unreadable)?;
        number.checked_mul(bytes).map(Self).ok_or(Unreadable)
    }
}

impl FromStr for Rate {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let Size(bytes) = text.strip_suffix("/s").unwrap_or(text).parse()?;
        u32::try_from(bytes).ok().filter(|bytes| *bytes > 0).map(Self).ok_or(Unreadable)
    }
}

impl<T: FromStr> FromStr for OrOff<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::On) }
    }
}

/// The number at the beginning, and the rest.
fn split(text: &str) -> Result<(u64, &str), Unreadable> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Ok((number.parse().map_err(|_| Unreadable)?, unit))
}

/// In the largest unit that divides it.
fn write_in(f: &mut fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = |(_, unit): &&(&str, u64)| amount > 0 && amount % unit == 0;
    let (name, unit) = units.iter().find(fits).copied().unwrap_or(("", 1));
    write!(f, "{}{name}", amount / unit)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in(f, u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), &TIMES)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in(f, self.0, &SIZES)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Size(self.0.into()))
    }
}

impl<T: fmt::Display> fmt::Display for OrOff<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(value) => value.fmt(f),
            Self::Off => f.write_str("off"),
        }
    }
}

/// Reads the value of an option that is a time.
pub(crate) fn time(text: &str) -> Result<Time, String> {
    text.parse().map_err(|Unreadable| format!("{TIME_RULE}, such as 10s"))
}

/// The same, or `off`.
pub(crate) fn time_or_off(text: &str) -> Result<OrOff<Time>, String> {
    text.parse().map_err(|Unreadable| format!("{TIME_RULE}, such as 10s, or off"))
}

/// The same, where no time at all would make no sense.
pub(crate) fn some_time_or_off(text: &str) -> Result<OrOff<Time>, String> {
    match time_or_off(text)? {
        OrOff::On(Time(Duration::ZERO)) => {
            Err("this leaves no time; give some, such as 10s, or off for no deadline".into())
        }
        time => Ok(time),
    }
}

const TIME_RULE: &str = "a time is a whole number with ms, s, m or h";

/// Reads the value of an option that is a rate, or `off`.
pub(crate) fn rate_or_off(text: &str) -> Result<OrOff<Rate>, String> {
    text.parse().map_err(|Unreadable| {
        "a rate is a size from 1 byte to 4095M a second, such as 1K/s, or off".into()
    })
}

/// Reads the value of an option that is a size between two others.
pub(crate) fn size_in(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<Size, String> + Clone {
    move |text| {
        let size = text.parse().ok().filter(|Size(bytes)| range.contains(bytes));
        size.ok_or_else(|| {
            let [least, most] = [range.start(), range.end()].map(|bytes| Size(*bytes));
            format!("{SIZE_RULE}, here from {least} to {most}, such as 8K")
        })
    }
}

/// Reads the value of an option that is any size, or `off`.
pub(crate) fn size_or_off(text: &str) -> Result<OrOff<Size>, String> {
    text.parse().map_err(|Unreadable| format!("{SIZE_RULE}, such as 64M, or off"))
}

/// The same, where nothing at all would make no sense, or is what others call `off`.
pub(crate) fn some_size_or_off(text: &str) -> Result<OrOff<Size>, String> {
    match size_or_off(text)? {
        OrOff::On(Size(0)) => Err("give a size, such as 64M, or off for no limit".into()),
        size => Ok(size),
    }
}

const SIZE_RULE: &str = "a size is a whole number of bytes, or of K, M or G";

/// Reads the value of an option that is a number of things of which there must be one at least.
pub(crate) fn one_or_more(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "give a whole number from 1 up, such as 16".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in ["500ms", "10s", "1500ms", "2m", "90s", "1h", "0"] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        }
        for text in ["0", "1", "1000", "1K", "64K", "1M", "1025K", "4G"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["1/s", "1K/s", "4095M/s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("off".parse::<OrOff<Time>>().unwrap().to_string(), "off");
        assert_eq!("2m".parse::<OrOff<Time>>().unwrap().to_string(), "2m");
    }

    #[test]
    fn other_spellings_are_understood() {
        assert_eq!("30".parse(), Ok(Time(Duration::from_secs(30))));
        for text in ["1M", "1m", "1MiB", "1024k", "1048576"] {
            assert_eq!(text.parse(), Ok(Size(1 << 20)), "{text}");
        }
        assert_eq!("1K".parse(), Ok(Rate(1024)));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1d",
            "1S",
            "1m30s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(text.parse::<Time>(), Err(Unreadable), "{text}");
        }
        // KB is 1000 bytes to some and 1024 to others.
        for text in ["", "K", "-1", "1.5G", "1KB", "1T", "18446744073709551615K", "OFF"] {
            assert_eq!(text.parse::<Size>(), Err(Unreadable), "{text}");
        }
        for text in ["", "0", "0/s", "4G/s", "1K/m"] {
            assert_eq!(text.parse::<Rate>(), Err(Unreadable), "{text}");
        }
    }
}
