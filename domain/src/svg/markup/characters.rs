//! What single bytes mean to the lexer.

/// What to do at a byte inside text or inside a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ordinary,
    /// Ends a chunk, or might.
    End,
    /// Makes a chunk worth a second look.
    Notable,
    /// May be a character XML forbids.
    Suspect,
}

/// The kind of every byte.
pub(super) static KIND: [Kind; 256] = kinds();

const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::Ordinary; 256];
    let mut control = 0;
    while control < 0x20 {
        kinds[control] = Kind::Suspect;
        control += 1;
    }
    kinds[b'\t' as usize] = Kind::Ordinary;
    kinds[b'\n' as usize] = Kind::Ordinary;
    kinds[b'\r' as usize] = Kind::Ordinary;
    kinds[0xEF] = Kind::Suspect;
    kinds[b'<' as usize] = Kind::End;
    kinds[b'"' as usize] = Kind::End;
    kinds[b'\'' as usize] = Kind::End;
    kinds[b'&' as usize] = Kind::Notable;
    kinds[b'(' as usize] = Kind::Notable;
    kinds[b':' as usize] = Kind::Notable;
    kinds[b'\\' as usize] = Kind::Notable;
    kinds[b']' as usize] = Kind::Notable;
    kinds
}

/// Whether a character XML 1.0 forbids begins at `at`: a control character, U+FFFE or U+FFFF.
pub(super) fn is_forbidden(bytes: &[u8], at: usize, byte: u8) -> bool {
    match byte {
        b'\t' | b'\n' | b'\r' => false,
        0xEF => matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
        _ => byte < 0x20,
    }
}
