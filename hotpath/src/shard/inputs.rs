//! Receiving: a task for each socket and for each connection.

use std::cell::{Cell, RefCell};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use futures::{AsyncReadExt, AsyncWriteExt};
use glommio::net::{TcpListener, TcpStream, UdpSocket};
use glommio::timer::sleep;
use tracing::{debug, info, warn};

use super::Shard;
use super::intake::DatasetIndex;
use super::settings::{StreamOptions, Transport};
use super::stop::Stop;
use crate::account::{Aside, DropReason, Movement, RejectReason};
use crate::block::{Peer, SourceType};
use crate::framing::{Framed, Framer, Message};
use crate::limits::{
    ACCEPT_RETRY_MS, STREAM_BUFFER_BYTES, STREAM_LAST_WAIT_MS, STREAM_LEAVE_MS, STREAM_LEAVE_READS_MAX,
    STREAM_PAUSE_MS, TLS_HANDSHAKE_MS_MAX, UDP_CALLS_PER_TURN, UDP_SLOTS,
};
use crate::receive::pace::Pace;
use crate::receive::socket::{receive_buffer_bytes, tcp_listener_of, udp_socket_of};
use crate::receive::tls::TlsSession;
use crate::receive::udp::Received;

/// An input that runs.
pub(super) struct Input {
    pub(super) shard: Rc<Shard>,
    pub(super) id: String,
    pub(super) dataset: DatasetIndex,
    pub(super) address: SocketAddr,
    pub(super) source_type: SourceType,
    pub(super) message_bytes_max: usize,
    pub(super) connections: RefCell<Vec<Rc<Stop>>>,
    /// The socket once more, where it brings datagrams: what comes in until it is closed is still read.
    pub(super) datagrams: Option<OwnedFd>,
    pub(super) kernel_drops: Cell<u32>,
}

/// Receives on a socket until the task is cancelled.
pub(super) async fn run(input: Rc<Input>, socket: OwnedFd, transport: Transport) {
    let ended = match transport {
        Transport::Udp => receive_datagrams(&input, socket).await,
        Transport::Stream(options) => accept_streams(&input, socket, Rc::new(options)).await,
    };
    if let Err(error) = ended {
        warn!(input = input.id, address = %input.address, %error, "input stopped");
    }
}

/// Drains the socket again and again, at the pace of what comes.
async fn receive_datagrams(input: &Input, socket: OwnedFd) -> std::io::Result<()> {
    let descriptor = socket.as_raw_fd();
    let clock = &input.shard.settings.clock;
    let mut pace = Pace::new(receive_buffer_bytes(&socket)?, clock.monotonic());
    let socket: UdpSocket = udp_socket_of(socket);
    loop {
        let datagrams = drain(input, descriptor).await?;
        if let Some(pause) = pace.after(datagrams, clock.monotonic()) {
            sleep(pause).await;
            continue;
        }
        // Fails only for reasons that the next drain meets as well.
        let _ = socket.peek_from(&mut [0; 1]).await;
    }
}

/// Ends an input whose task has ended: what waits in its socket is taken, and its connections are told to end. The
/// socket is closed when the input is dropped, with the last of them.
pub(super) fn end(input: &Input) {
    for stop in input.connections.borrow().iter() {
        stop.ask();
    }
    let Some(socket) = &input.datagrams else { return };
    while let Ok(received) = receive_once(input, socket.as_raw_fd())
        && received.slots == UDP_SLOTS
    {}
}

async fn drain(input: &Input, descriptor: RawFd) -> std::io::Result<usize> {
    let mut datagrams = 0;
    loop {
        for _ in 0..UDP_CALLS_PER_TURN {
            let received = receive_once(input, descriptor)?;
            datagrams += received.datagrams;
            if received.slots < UDP_SLOTS {
                return Ok(datagrams);
            }
        }
        glommio::executor().yield_task_queue_now().await;
    }
}

fn receive_once(input: &Input, descriptor: RawFd) -> std::io::Result<Received> {
    let shard = &input.shard;
    let received_us = shard.settings.clock.wall_us();
    let is_full = shard.spool_is_full();
    let mut intake = shard.intake.borrow_mut();
    let (mut refused, mut empty) = (0, 0);
    let received = shard.datagrams.borrow_mut().receive(descriptor, |datagram| {
        let whole = datagram.bytes;
        if whole.is_empty() {
            empty += 1;
            return;
        }
        let cut = whole.len() > input.message_bytes_max;
        let bytes = if cut { &whole[..input.message_bytes_max] } else { whole };
        let peer = Peer::new(datagram.sender, input.source_type);
        let cut = cut || datagram.truncated;
        if is_full || intake.push(input.dataset, bytes, &peer, received_us, cut).is_err() {
            refused += 1;
        }
    })?;
    if refused > 0 {
        let reason = shard.why_nothing_is_taken();
        intake.lost(input.dataset, reason, refused);
    }
    if empty > 0 {
        intake.tally(input.dataset).record(&Movement::refuse(RejectReason::Empty, empty));
    }
    drop(intake);
    if let Some(total) = received.kernel_drops {
        count_kernel_drops(input, total);
    }
    if received.datagrams > 0 {
        shard.log_work.set();
    }
    Ok(received)
}

fn count_kernel_drops(input: &Input, total: u32) {
    let lost = total.wrapping_sub(input.kernel_drops.replace(total));
    if lost == 0 {
        return;
    }
    let mut intake = input.shard.intake.borrow_mut();
    intake.lost(input.dataset, DropReason::KernelUdp, u64::from(lost));
    debug!(input = input.id, lost, "the kernel dropped datagrams: the receive buffer was full");
}

async fn accept_streams(
    input: &Rc<Input>,
    socket: OwnedFd,
    options: Rc<StreamOptions>,
) -> std::io::Result<()> {
    let listener: TcpListener = tcp_listener_of(socket);
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                warn!(input = input.id, %error, "cannot accept a connection, trying again");
                sleep(Duration::from_millis(ACCEPT_RETRY_MS)).await;
                continue;
            }
        };
        if input.connections.borrow().len() >= options.connections_max {
            let mut intake = input.shard.intake.borrow_mut();
            intake.tally(input.dataset).record(&Movement::default().and(Aside::ConnectionLimit, 1));
            continue;
        }
        let stop = Rc::new(Stop::default());
        input.connections.borrow_mut().push(Rc::clone(&stop));
        input.shard.connection_opened();
        let (input, options) = (Rc::clone(input), Rc::clone(&options));
        glommio::spawn_local(async move {
            if let Err(error) = serve_stream(&input, stream, &options, &stop).await {
                info!(input = input.id, %error, "connection closed");
            }
            input.connections.borrow_mut().retain(|other| !Rc::ptr_eq(other, &stop));
            input.shard.connection_closed();
        })
        .detach();
    }
}

/// Reads a connection to its end. What came before an error is kept.
async fn serve_stream(
    input: &Input,
    stream: TcpStream,
    options: &StreamOptions,
    stop: &Stop,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(options.idle_timeout))?;
    let peer = Peer::new(stream.peer_addr()?, input.source_type);
    let framer = Framer::new(options.framing, input.message_bytes_max);
    let mut messages = StreamMessages { input, stop, peer, framer, buffer: Vec::new(), filled: 0 };
    match &options.tls {
        None => read_plain(&mut messages, stream).await,
        Some(config) => {
            let session = TlsSession::new(config.clone()).map_err(std::io::Error::other)?;
            read_tls(&mut messages, stream, session).await
        }
    }
}

async fn read_plain(messages: &mut StreamMessages<'_>, mut stream: TcpStream) -> std::io::Result<()> {
    loop {
        let (input, stop) = (messages.input, messages.stop);
        match read(input, stop, &mut stream, messages.spare()).await {
            Ok(0) => return messages.end().await,
            Ok(read) => {
                messages.filled += read;
                messages.take().await?;
            }
            Err(error) => {
                messages.end().await?;
                return Err(error);
            }
        }
    }
}

async fn read_tls(
    messages: &mut StreamMessages<'_>,
    mut stream: TcpStream,
    mut session: TlsSession,
) -> std::io::Result<()> {
    let mut encrypted = vec![0; STREAM_BUFFER_BYTES];
    let mut plain = Vec::new();
    let deadline =
        messages.input.shard.settings.clock.monotonic() + Duration::from_millis(TLS_HANDSHAKE_MS_MAX);
    loop {
        let read = match read(messages.input, messages.stop, &mut stream, &mut encrypted).await {
            Ok(read) if read > 0 => read,
            ended => {
                messages.end().await?;
                session.close();
                // The peer may be gone.
                let _ = stream.write_all(&session.take_reply()?).await;
                return ended.map(|_| ());
            }
        };
        let received = session.receive(&encrypted[..read], &mut plain);
        messages.append(&plain);
        plain.clear();
        if matches!(received, Ok(true)) {
            session.close();
        }
        let reply = session.take_reply()?;
        if !reply.is_empty() {
            stream.write_all(&reply).await?;
        }
        let closed = match received {
            Ok(closed) => closed,
            Err(refused) => {
                messages.end().await?;
                leave(stream).await;
                return Err(refused);
            }
        };
        messages.take().await?;
        if closed {
            return messages.end().await;
        }
        if session.is_handshaking() && messages.input.shard.settings.clock.monotonic() > deadline {
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "the tls handshake took too long"));
        }
    }
}

/// Reads once there is room for what comes; while the shard is short of blocks or its log takes nothing, the peer's
/// window closes. To an input that ends, a connection is over when nothing comes any more.
async fn read(
    input: &Input,
    stop: &Stop,
    stream: &mut TcpStream,
    buffer: &mut [u8],
) -> std::io::Result<usize> {
    while !input.shard.takes_data() {
        if stop.is_asked() {
            return Ok(0);
        }
        sleep(Duration::from_millis(STREAM_PAUSE_MS)).await;
    }
    let read = stop.unless_asked(stream.read(buffer)).await;
    match read {
        Some(read) => read,
        None if stop.may_read_on() => {
            let pause = sleep(Duration::from_millis(STREAM_LAST_WAIT_MS));
            match select(stream.read(buffer), pin!(pause)).await {
                Either::Left((read, _)) => read,
                Either::Right(_) => Ok(0),
            }
        }
        None => Ok(0),
    }
}

/// Ends a connection so that what was sent last still arrives: closed with unread data, the kernel resets it.
async fn leave(mut stream: TcpStream) {
    if stream.shutdown(Shutdown::Write).await.is_err() {
        return;
    }
    let _ = stream.set_read_timeout(Some(Duration::from_millis(STREAM_LEAVE_MS)));
    let mut unread = [0; 4096];
    for _ in 0..STREAM_LEAVE_READS_MAX {
        if !matches!(stream.read(&mut unread).await, Ok(read) if read > 0) {
            return;
        }
    }
}

/// The bytes of one stream that are not yet messages.
struct StreamMessages<'a> {
    input: &'a Input,
    stop: &'a Stop,
    peer: Peer,
    framer: Framer,
    /// Grows to the longest message and one read more; `filled` bytes of it are what came.
    buffer: Vec<u8>,
    filled: usize,
}

impl StreamMessages<'_> {
    /// Room for one read.
    fn spare(&mut self) -> &mut [u8] {
        let needed = self.filled + STREAM_BUFFER_BYTES;
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        &mut self.buffer[self.filled..]
    }

    fn append(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        self.buffer[self.filled..end].copy_from_slice(bytes);
        self.filled = end;
    }

    /// Takes all whole messages; where the stream cannot be followed any further, what came is the last one.
    async fn take(&mut self) -> std::io::Result<()> {
        let received_us = self.input.shard.settings.clock.wall_us();
        let ended = loop {
            match self.framer.next(&self.buffer[..self.filled]) {
                Framed::Message(message) => self.take_message(&message, received_us).await,
                Framed::NeedMore => break Ok(()),
                Framed::Close(reason) => {
                    if let Some(rest) = self.framer.rest(&self.buffer[..self.filled]) {
                        self.take_message(&rest, received_us).await;
                    }
                    break Err(std::io::Error::new(std::io::ErrorKind::InvalidData, reason));
                }
            }
        };
        let consumed = self.framer.discard_consumed();
        self.buffer.copy_within(consumed..self.filled, 0);
        self.filled -= consumed;
        self.input.shard.log_work.set();
        ended
    }

    /// Takes what is left when the peer has closed.
    async fn end(&mut self) -> std::io::Result<()> {
        if let Some(message) = self.framer.finish(&self.buffer[..self.filled]) {
            let received_us = self.input.shard.settings.clock.wall_us();
            self.take_message(&message, received_us).await;
            self.input.shard.log_work.set();
        }
        Ok(())
    }

    /// Waits for room as long as it takes: the bytes are here, and the sender believes them delivered.
    async fn take_message(&self, message: &Message, received_us: i64) {
        let bytes = &self.buffer[message.range.clone()];
        while !self.push(bytes, received_us, message.truncated) {
            self.input.shard.log_work.set();
            sleep(Duration::from_millis(STREAM_PAUSE_MS)).await;
        }
    }

    fn push(&self, message: &[u8], received_us: i64, truncated: bool) -> bool {
        let mut intake = self.input.shard.intake.borrow_mut();
        let taken = intake.push(self.input.dataset, message, &self.peer, received_us, truncated);
        taken.is_ok()
    }
}
