//! The blocks before a file in an archive (POSIX.1-2017, `pax`, "ustar Interchange Format").

/// Archives are made of blocks of this size.
pub(super) const BLOCK: usize = 512;

/// What an archive says of a file or a directory.
pub(super) struct Member<'m> {
    /// The path in the archive, without a slash at its start; that of a directory ends with one.
    pub(super) path: &'m [u8],
    pub(super) size: u64,
    /// In seconds since 1970.
    pub(super) modified: u64,
    pub(super) is_executable: bool,
}

/// Appends the blocks. What the old fields have no room for is said in a block of its own before them.
pub(super) fn write_header(member: &Member<'_>, out: &mut Vec<u8>) {
    let mut records = Vec::new();
    if split_path(member.path).is_none() {
        push_record("path", member.path, &mut records);
    }
    if member.size > LARGEST {
        push_record("size", member.size.to_string().as_bytes(), &mut records);
    }
    if !records.is_empty() {
        push_block(b"pax", records.len() as u64, member, b'x', out);
        out.extend_from_slice(&records);
        push_padding(records.len() as u64, out);
    }
    let is_directory = member.path.ends_with(b"/");
    let kind = if is_directory { b'5' } else { b'0' };
    push_block(member.path, member.size, member, kind, out);
}

/// Appends what fills the last block of so many bytes.
pub(super) fn push_padding(size: u64, out: &mut Vec<u8>) {
    let over = (size % BLOCK as u64) as usize;
    if over > 0 {
        out.resize(out.len() + BLOCK - over, 0);
    }
}

/// Two empty blocks end an archive.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// What eleven octal digits can say.
const LARGEST: u64 = 0o777_7777_7777;

fn push_block(path: &[u8], size: u64, member: &Member<'_>, kind: u8, out: &mut Vec<u8>) {
    // A path without room is in the block before, and here only so far as it goes.
    let (prefix, name) = split_path(path).unwrap_or((b"", path));
    let mode = if kind == b'5' || member.is_executable { 0o755 } else { 0o644 };
    let start = out.len();
    push_text(name, 100, out);
    push_octal(mode, 8, out);
    // Whose it was is nobody's business.
    push_octal(0, 8, out);
    push_octal(0, 8, out);
    push_octal(size.min(LARGEST), 12, out);
    push_octal(member.modified.min(LARGEST), 12, out);
    let checksum = out.len();
    out.extend_from_slice(b"        ");
    out.push(kind);
    push_text(b"", 100, out);
    out.extend_from_slice(b"ustar\x0000");
    push_text(b"", 32, out);
    push_text(b"", 32, out);
    push_octal(0, 8, out);
    push_octal(0, 8, out);
    push_text(prefix, 155, out);
    push_text(b"", 12, out);
    let sum: u64 = out.iter().skip(start).map(|&byte| u64::from(byte)).sum();
    let digits = format!("{sum:06o}\0 ");
    out.iter_mut().skip(checksum).zip(digits.bytes()).for_each(|(to, from)| *to = from);
}

/// Splits a path at a slash so that both parts have room; `None` if there is no such place.
fn split_path(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= 100 {
        return Some((b"", path));
    }
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes
        .map(|at| (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()))
        .find(|(prefix, name)| (1..=155).contains(&prefix.len()) && (1..=100).contains(&name.len()))
}

/// A record has its own length before it, in the digits of which it may get longer.
fn push_record(key: &str, value: &[u8], out: &mut Vec<u8>) {
    let rest = key.len() + value.len() + " =\n".len();
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

fn push_text(text: &[u8], room: usize, out: &mut Vec<u8>) {
    let end = out.len() + room;
    out.extend(text.iter().take(room));
    out.resize(end, 0);
}

fn push_octal(number: u64, room: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{number:0width$o}\0", width = room - 1).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(path: &str, size: u64) -> Vec<u8> {
        let member =
            Member { path: path.as_bytes(), size, modified: 1_700_000_000, is_executable: false };
        let mut out = Vec::new();
        write_header(&member, &mut out);
        out
    }

    #[test]
    fn a_plain_header_is_one_block() {
        let block = header("sub/file.txt", 11);
        assert_eq!(block.len(), BLOCK);
        assert!(block.starts_with(b"sub/file.txt\0"));
        assert_eq!(&block[100..108], b"0000644\0");
        assert_eq!(&block[124..136], b"00000000013\0");
        assert_eq!(&block[136..148], b"14524770400\0");
        assert_eq!(block[156], b'0');
        assert_eq!(&block[257..265], b"ustar\x0000");
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(at, &byte)| u32::from(if (148..156).contains(&at) { b' ' } else { byte }))
            .sum();
        assert_eq!(&block[148..156], format!("{sum:06o}\0 ").as_bytes());
        assert_eq!((header("sub/", 0)[156], &header("sub/", 0)[100..107]), (b'5', &b"0000755"[..]));
    }

    #[test]
    fn long_paths_are_split_or_told_before() {
        let block = header(&format!("{}/{}", "d".repeat(120), "f".repeat(90)), 1);
        assert_eq!(block.len(), BLOCK);
        assert!(block.starts_with(&b"f".repeat(90)) && block[345..].starts_with(&b"d".repeat(120)));
        let long = "n".repeat(200);
        let blocks = header(&long, 1);
        assert_eq!((blocks.len(), blocks[156]), (3 * BLOCK, b'x'));
        assert!(blocks[BLOCK..].starts_with(format!("210 path={long}\n").as_bytes()));
        let huge = header("huge", 1 << 40);
        assert!(huge[BLOCK..].starts_with(b"22 size=1099511627776\n"));
    }

    #[test]
    fn records_know_their_length() {
        for length in 0..1_100 {
            let mut record = Vec::new();
            push_record("path", &vec![b'x'; length], &mut record);
            let digits = record.split(|&byte| byte == b' ').next().expect("a length");
            assert_eq!(String::from_utf8_lossy(digits), record.len().to_string());
        }
    }
}
