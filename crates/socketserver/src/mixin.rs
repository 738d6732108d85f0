//! What the mix-ins share: the hooks they leave to the server inside.

/// Implements the hooks of [`BaseServer`](crate::BaseServer) that no mix-in changes by passing
/// them to `self.inner`, so that the inner server's overrides are kept.
macro_rules! delegate_hooks {
    () => {
        type Transport = S::Transport;
        type Class = S::Class;

        fn base(&self) -> &crate::Server<S::Transport, S::Class> {
            self.inner.base()
        }

        fn server_bind(&self) -> std::io::Result<()> {
            self.inner.server_bind()
        }

        fn server_activate(&self) -> std::io::Result<()> {
            self.inner.server_activate()
        }

        fn get_request(&self) -> std::io::Result<(crate::RequestOf<Self>, crate::AddressOf<Self>)> {
            self.inner.get_request()
        }

        fn get_request_failed(
            &self,
            error: &std::io::Error,
            first: bool,
            pause: std::time::Duration,
        ) {
            self.inner.get_request_failed(error, first, pause);
        }

        fn verify_request(
            &self,
            request: &crate::RequestOf<Self>,
            client_address: &crate::AddressOf<Self>,
        ) -> bool {
            self.inner.verify_request(request, client_address)
        }

        fn finish_request(
            &self,
            request: &mut crate::RequestOf<Self>,
            client_address: &crate::AddressOf<Self>,
        ) -> Result<(), crate::HandlerError> {
            self.inner.finish_request(request, client_address)
        }

        fn shutdown_request(&self, request: crate::RequestOf<Self>) {
            self.inner.shutdown_request(request);
        }

        fn close_request(&self, request: crate::RequestOf<Self>) {
            self.inner.close_request(request);
        }

        fn handle_error(
            &self,
            request: &crate::RequestOf<Self>,
            client_address: &crate::AddressOf<Self>,
            error: &crate::HandlerError,
        ) {
            self.inner.handle_error(request, client_address, error);
        }
    };
}

pub(crate) use delegate_hooks;
