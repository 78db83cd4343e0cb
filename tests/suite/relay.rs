//! A relay before a real server: counts what it answers, and can lose an answer after the server has done what was asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What went through.
#[derive(Default)]
pub struct Passed {
    /// Method and path of each request, with the status of its answer.
    pub answers: Vec<(String, u16)>,
    /// The next answer to a request of this method is lost.
    pub lose: Option<&'static str>,
}

/// A relay to a server; it ends with the process of the tests.
pub struct Relay {
    pub address: String,
    passed: Arc<Mutex<Passed>>,
}

impl Relay {
    pub fn to(address: &str) -> Self {
        let server = address.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let passed: Arc<Mutex<Passed>> = Arc::default();
        let shared = Arc::clone(&passed);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (server, passed) = (server.clone(), Arc::clone(&shared));
                // a client that has gone is no matter
                thread::spawn(move || client.and_then(|client| pass(client, &server, &passed)));
            }
        });
        Self { address, passed }
    }

    /// The next answer to a request of this method is lost.
    pub fn lose(&self, method: &'static str) {
        self.passed.lock().unwrap().lose = Some(method);
    }

    /// What went through since this was last asked.
    pub fn passed(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.passed.lock().unwrap().answers)
    }
}

/// One request and its answer; the client connects anew for the next.
fn pass(mut client: TcpStream, server: &str, passed: &Mutex<Passed>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    let what: String = String::from_utf8_lossy(&request).split(" HTTP/").next().unwrap_or_default().to_owned();
    request.truncate(request.len() - 2);
    request.extend_from_slice(b"Connection: close\r\n\r\n");
    request.extend(body);
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(&request)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let lost = {
        let mut passed = passed.lock().unwrap();
        let lost = passed.lose.is_some_and(|method| what.starts_with(method));
        passed.answers.push((what, status));
        lost && passed.lose.take().is_some()
    };
    if lost { Ok(()) } else { client.write_all(&answer) }
}
