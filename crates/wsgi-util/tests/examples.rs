//! The examples print what they promise.

#[allow(dead_code, reason = "a program's main is not called here")]
#[path = "../examples/middleware.rs"]
mod middleware;

#[test]
fn middleware() {
    assert_eq!(
        middleware::transcript().unwrap(),
        "200 OK\n\
         Content-Type: text/plain\r\n\r\n\
         hello from /shop/shelf\n\
         \n\
         200 OK\n\
         Content-Type: text/plain\r\n\
         X-Loud: yes; letters=\"all\"\r\n\r\n\
         HELLO FROM /SHELF\n"
    );
}
