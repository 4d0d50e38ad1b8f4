pub(crate) fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    for [given, written] in schema::reread(text) {
        assert_eq!(given, written, "an id or a cursor has one spelling");
    }
}
