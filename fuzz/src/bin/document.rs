#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::within_bounds(fuzz::DOCUMENT.run, input));
