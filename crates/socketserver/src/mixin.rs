//! What the mix-ins share: the hooks they leave to the server inside.

/// Passes hooks of [`BaseServer`](crate::BaseServer) on to a server in a field, so that its overrides are kept.
///
/// It goes into an `impl BaseServer` and writes `type Transport`, `type Class`, `base` and the named hooks; without names
/// all hooks there are. A newtype around a plain server needs none of this: the defaults reach that through `base`. One
/// around a mix-in, or around another newtype with overrides, does: what it neither passes on nor overrides is the plain
/// server's, threads and all.
///
/// # Examples
///
/// A threading server that refuses a client:
///
/// ```
/// use socketserver::{
///     AddressOf, BaseServer, RequestHandlerClass, RequestOf, Tcp, TcpServer, ThreadingMixIn, delegate_hooks,
/// };
///
/// struct Guarded<C: RequestHandlerClass<Tcp>>(ThreadingMixIn<TcpServer<C>>);
///
/// impl<C: RequestHandlerClass<Tcp>> BaseServer for Guarded<C> {
///     delegate_hooks!(0: ThreadingMixIn<TcpServer<C>>;
///         timeout, server_bind, server_activate, server_close, get_request, get_request_failed, process_request,
///         finish_request, shutdown_request, close_request, handle_error, handle_timeout, service_actions);
///
///     fn verify_request(&self, request: &RequestOf<Self>, client_address: &AddressOf<Self>) -> bool {
///         client_address.port() != 0 && self.0.verify_request(request, client_address)
///     }
/// }
/// ```
///
/// One that only has more methods of its own:
///
/// ```
/// # use socketserver::{BaseServer, RequestHandlerClass, Tcp, ThreadingTcpServer, delegate_hooks};
/// struct Named<C: RequestHandlerClass<Tcp>> {
///     server: ThreadingTcpServer<C>,
///     name: String,
/// }
///
/// impl<C: RequestHandlerClass<Tcp>> BaseServer for Named<C> {
///     delegate_hooks!(server: ThreadingTcpServer<C>);
/// }
/// ```
#[macro_export]
macro_rules! delegate_hooks {
    (@ timeout $inner:tt $server:ty) => {
        fn timeout(&self) -> Option<std::time::Duration> {
            <$server as $crate::BaseServer>::timeout(&self.$inner)
        }
    };
    (@ server_bind $inner:tt $server:ty) => {
        fn server_bind(&self) -> std::io::Result<()> {
            <$server as $crate::BaseServer>::server_bind(&self.$inner)
        }
    };
    (@ server_activate $inner:tt $server:ty) => {
        fn server_activate(&self) -> std::io::Result<()> {
            <$server as $crate::BaseServer>::server_activate(&self.$inner)
        }
    };
    (@ server_close $inner:tt $server:ty) => {
        fn server_close(&self) {
            <$server as $crate::BaseServer>::server_close(&self.$inner);
        }
    };
    (@ get_request $inner:tt $server:ty) => {
        fn get_request(
            &self,
        ) -> std::io::Result<($crate::RequestOf<Self>, $crate::AddressOf<Self>)> {
            <$server as $crate::BaseServer>::get_request(&self.$inner)
        }
    };
    (@ get_request_failed $inner:tt $server:ty) => {
        fn get_request_failed(
            &self,
            error: &std::io::Error,
            first: bool,
            pause: std::time::Duration,
        ) {
            <$server as $crate::BaseServer>::get_request_failed(&self.$inner, error, first, pause);
        }
    };
    (@ verify_request $inner:tt $server:ty) => {
        fn verify_request(
            &self,
            request: &$crate::RequestOf<Self>,
            client_address: &$crate::AddressOf<Self>,
        ) -> bool {
            <$server as $crate::BaseServer>::verify_request(&self.$inner, request, client_address)
        }
    };
    (@ process_request $inner:tt $server:ty) => {
        fn process_request(
            &self,
            request: $crate::RequestOf<Self>,
            client_address: $crate::AddressOf<Self>,
        ) {
            <$server as $crate::BaseServer>::process_request(&self.$inner, request, client_address);
        }
    };
    (@ finish_request $inner:tt $server:ty) => {
        fn finish_request(
            &self,
            request: &mut $crate::RequestOf<Self>,
            client_address: &$crate::AddressOf<Self>,
        ) -> Result<(), $crate::HandlerError> {
            <$server as $crate::BaseServer>::finish_request(&self.$inner, request, client_address)
        }
    };
    (@ shutdown_request $inner:tt $server:ty) => {
        fn shutdown_request(&self, request: $crate::RequestOf<Self>) {
            <$server as $crate::BaseServer>::shutdown_request(&self.$inner, request);
        }
    };
    (@ close_request $inner:tt $server:ty) => {
        fn close_request(&self, request: $crate::RequestOf<Self>) {
            <$server as $crate::BaseServer>::close_request(&self.$inner, request);
        }
    };
    (@ handle_error $inner:tt $server:ty) => {
        fn handle_error(
            &self,
            request: &$crate::RequestOf<Self>,
            client_address: &$crate::AddressOf<Self>,
            error: &$crate::HandlerError,
        ) {
            <$server as $crate::BaseServer>::handle_error(
                &self.$inner,
                request,
                client_address,
                error,
            );
        }
    };
    (@ handle_timeout $inner:tt $server:ty) => {
        fn handle_timeout(&self) {
            <$server as $crate::BaseServer>::handle_timeout(&self.$inner);
        }
    };
    (@ service_actions $inner:tt $server:ty) => {
        fn service_actions(&self) {
            <$server as $crate::BaseServer>::service_actions(&self.$inner);
        }
    };
    ($inner:tt: $server:ty) => {
        $crate::delegate_hooks!($inner: $server;
            timeout, server_bind, server_activate, server_close, get_request, get_request_failed,
            verify_request, process_request, finish_request, shutdown_request, close_request,
            handle_error, handle_timeout, service_actions);
    };
    ($inner:tt: $server:ty; $($hook:ident),+ $(,)?) => {
        type Transport = <$server as $crate::BaseServer>::Transport;
        type Class = <$server as $crate::BaseServer>::Class;

        fn base(&self) -> &$crate::Server<Self::Transport, Self::Class> {
            <$server as $crate::BaseServer>::base(&self.$inner)
        }

        $($crate::delegate_hooks!(@ $hook $inner $server);)+
    };
}
