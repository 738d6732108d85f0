//! picohttpparser, which is C: the bare parse of the fastest parser there is, as a second peer.

use picohttpparser_sys::{phr_header, phr_parse_request};
use std::ffi::c_int;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;

/// Reads every request in the input with picohttpparser and nothing else.
pub(super) fn pico_all(mut input: &[u8]) {
    while !input.is_empty() {
        let mut headers = [const { MaybeUninit::<phr_header>::uninit() }; 128];
        let mut count = headers.len();
        let (mut method, mut path) = (ptr::null(), ptr::null());
        let (mut method_length, mut path_length) = (0, 0);
        let mut minor_version: c_int = 0;
        // SAFETY: the function reads `input.len()` bytes of the input, writes to what the other pointers point to and to
        // `count` headers at most, and keeps none of them.
        let length = unsafe {
            phr_parse_request(
                input.as_ptr().cast(),
                input.len(),
                &raw mut method,
                &raw mut method_length,
                &raw mut path,
                &raw mut path_length,
                &raw mut minor_version,
                headers.as_mut_ptr().cast(),
                &raw mut count,
                0,
            )
        };
        black_box((&headers, method, method_length, path, path_length, minor_version, count));
        let length = usize::try_from(length).expect("the input is valid and whole");
        input = &input[length..];
    }
}
