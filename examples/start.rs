//! `start`: spawns a server and goes on when it is ready, with what it has to tell.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use anyrt::{Started, run_in_threadpool};

/// Tells its address as soon as clients can connect, then greets them for ever.
async fn serve(started: Started<SocketAddr>) -> io::Result<()> {
    let listener = run_in_threadpool(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).await?;
    started.set(listener.local_addr()?);
    loop {
        let listener = listener.try_clone()?;
        let greet = move || listener.accept()?.0.write_all(b"hello");
        run_in_threadpool(greet).abandon_on_cancel().await?;
    }
}

fn ask(server: SocketAddr) -> io::Result<String> {
    let mut answer = String::new();
    TcpStream::connect(server)?.read_to_string(&mut answer)?;
    Ok(answer)
}

#[anyrt::main]
async fn main() {
    let answers = anyrt::task_group(async |g| {
        // No sleep, no retry: the port is open, or `start` would not have returned.
        let (address, server) = g.start(serve).await.expect("the server starts");
        let first = run_in_threadpool(move || ask(address)).await;
        let second = run_in_threadpool(move || ask(address)).await;
        // From here on the server is a child like any other.
        server.cancel();
        [first, second]
    });
    for answer in answers.await.unwrap() {
        println!("{}", answer.unwrap());
    }
}
