//! Servers on the bare wire: redirects in disguise, silence, drips, and connections that end at any byte.

use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use holdover::domain::{Deed, FaultKind, SafeText, SourceName, TicketKey};
use holdover::sources;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake_redmine::ALICE;
use super::hostile::{has, of_all, server_with_list};
use super::{clock, fault, redmine_at, settings};
use crate::support::{Desk, Said};

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_goes_nowhere_else() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        let there = format!("{}/sign-in", elsewhere.uri());
        let fault = of_all(ResponseTemplate::new(status).insert_header("Location", &*there)).await;
        has(&fault, FaultKind::Unintelligible, &[&there, "set url to where it is"]);
    }
    has(&of_all(ResponseTemplate::new(302)).await, FaultKind::Unintelligible, &["nowhere"]);
    // a change is not sent on either
    let server = server_with_list(ResponseTemplate::new(500), &[]).await;
    let there = format!("{}/issues/1.json", elsewhere.uri());
    Mock::given(path("/issues/1.json")).respond_with(ResponseTemplate::new(307).insert_header("Location", &*there)).mount(&server).await;
    let id = TicketKey { source: SourceName::new("desk"), key: SafeText::line("1") };
    redmine_at(&server.uri(), ALICE, "").tell(&id, &Deed::Acknowledge { note: None }, None).await.unwrap_err();
    elsewhere.verify().await;
}

#[tokio::test]
async fn a_redirect_in_any_disguise_is_followed_nowhere() {
    // the port of another server on this computer, which every one of these would reach
    let elsewhere = StdListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    let disguises = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://127.0.0.1@127.0.0.1:{port}/"),
        format!("HTTP://LOCALHOST:{port}/"),
        format!("http://localhost.:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://\u{ff4c}\u{ff4f}\u{ff43}\u{ff41}\u{ff4c}\u{ff48}\u{ff4f}\u{ff53}\u{ff54}:{port}/"),
        format!("http://%6c%6f%63alhost:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("/\\127.0.0.1:{port}/"),
        format!("http:\\\\127.0.0.1:{port}\\"),
        format!("ht\ttp://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        // and to this server, but out of the path that the configuration names
        "../../other".to_owned(),
        "/%2e%2e/other".to_owned(),
        "?again".to_owned(),
    ];
    let redirects: Vec<(u16, &String)> =
        disguises.iter().flat_map(|there| [301, 302, 303, 307, 308].map(|status| (status, there))).collect();
    let head = |(status, there): &(u16, &String)| {
        format!("HTTP/1.1 {status} There\r\nLocation: {there}\r\nRefresh: 0;url={there}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    };
    let server = Wire::answering_in_turn(redirects.iter().map(head)).await;
    let source = redmine_at(&format!("{}/sub", server.url), ALICE, "");
    for (n, (status, there)) in redirects.iter().enumerate() {
        has(&fault(&*source, ALICE).await, FaultKind::Unintelligible, &["the server points to", "set url to where it is"]);
        assert_eq!(server.asked.load(Relaxed), n + 1, "{status} {there} was followed");
        assert!(elsewhere.accept().is_err(), "{status} {there} was followed");
    }
}

#[tokio::test]
async fn what_is_told_of_an_answer_fits_the_source() {
    let source = |url: &str, auth: &str| {
        let list = "list = { path = \"ops/issues\" }\nfields = { key = \"id\" }";
        let text = format!("kind = \"http\"\nurl = \"{url}\"\n{auth}\n{list}\n");
        sources::build(&settings(&text), clock(), &[("KEY".to_owned(), ALICE.to_owned())]).unwrap()
    };
    let basic = "auth = \"basic\"\nuser = \"alice\"\ntoken_env = \"KEY\"";
    for (status, auth, kind, words) in [
        (401, "", FaultKind::NotSignedIn, "the server wants a login (401) – add auth, user and a token"),
        (401, basic, FaultKind::NotSignedIn, "does not know the user or the password (401)"),
        (403, "", FaultKind::Forbidden, "the server wants a login for this (403)"),
        (404, basic, FaultKind::Unintelligible, "the server has no /ops/issues, or the key may not see it – check url"),
        (304, basic, FaultKind::Unintelligible, "nothing has changed (304), and nobody asked it that"),
    ] {
        let server = Wire::answering(format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).await;
        let fault = fault(&*source(&server.url, auth), ALICE).await;
        has(&fault, kind, &[words]);
        assert!(!fault.text.as_str().contains("project"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_location_with_control_characters_cannot_reach_the_terminal() {
    let server = Wire::answering(b"HTTP/1.1 302 Found\r\nLocation: /\xc2\x9b2J\x1b]0;x\r\nContent-Length: 0\r\n\r\n").await;
    let fault = fault(&*redmine_at(&server.url, ALICE, ""), ALICE).await;
    assert!(!fault.text.as_str().chars().any(char::is_control), "{:?}", fault.text);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_hangs_up_gives_no_answer() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = fault(&*redmine_at(&format!("http://{free}"), ALICE, ""), ALICE).await;
    has(&nobody, FaultKind::Unreachable, &["no answer", "is the server up"]);
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"user\":",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\0\0\0\0",
    ] {
        let server = Wire::answering(answer).await;
        has(&fault(&*redmine_at(&server.url, ALICE, ""), ALICE).await, FaultKind::Unreachable, &["no answer"]);
    }
    let server = MockServer::start().await;
    let tls = fault(&*redmine_at(&server.uri().replace("http:", "https:"), ALICE, ""), ALICE).await;
    has(&tls, FaultKind::Unreachable, &["no answer – it does not speak TLS there", "is it http://?"]);
}

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_gives_no_answer() {
    let body = r#"{"user":{"id":5,"firstname":"Alice","lastname":"Ops"}}"#;
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for (header, body) in [(format!("Content-Length: {}", body.len()), body), ("Transfer-Encoding: chunked".to_owned(), &*chunked)] {
        let whole = format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n{body}");
        let server = Wire::answering_in_turn((0..=whole.len()).map(|end| &whole[..end])).await;
        let source = redmine_at(&server.url, ALICE, "");
        for _ in 0..whole.len() {
            has(&fault(&*source, ALICE).await, FaultKind::Unreachable, &["no answer"]);
        }
        assert_eq!(source.whoami().await.unwrap().name.as_str(), "Alice Ops");
        assert_eq!(server.asked.load(Relaxed), whole.len() + 2, "which statuses there are is asked too, and is no matter here");
    }
}

#[tokio::test]
async fn a_head_without_end_is_not_held() {
    let head = format!("HTTP/1.1 200 OK\r\nX-Filler: {}", "x".repeat(16 << 20));
    let server = Wire::answering(head).await;
    has(&fault(&*redmine_at(&server.url, ALICE, ""), ALICE).await, FaultKind::Unreachable, &["no answer"]);
    let sent = server.sent.load(Relaxed);
    assert!(sent < 8 << 20, "{sent} bytes were taken");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_or_little_is_given_up() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    // a head that is not whole in time, or no piece of a body: ten seconds; a piece a second: the time for the whole is up
    for (said, drips, seconds) in [("", "", 10), (HEAD, "", 10), ("", "HTTP/1.1 200 OK\r\nX-Drip: ", 10), (HEAD, " ", 30)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            request(&mut stream).await;
            stream.write_all(said.as_bytes()).await.unwrap();
            for byte in drips.bytes().cycle() {
                if stream.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        });
        let start = Instant::now();
        let source = redmine_at(&url, ALICE, "");
        let fault = timeout(Duration::from_secs(300), fault(&*source, ALICE)).await.expect("it is given up");
        has(&fault, FaultKind::Unreachable, &["did not answer in time"]);
        let took = start.elapsed().as_secs_f64();
        assert!((f64::from(seconds)..f64::from(seconds) + 0.1).contains(&took), "{said:?} {drips:?}: {took}");
        server.abort();
    }
}

#[tokio::test]
async fn no_proxy_stands_before_this_computer() {
    let is = |url: &str| sources::is_loopback(&url.parse().unwrap());
    for url in ["http://localhost:3000", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:3000", "http://2130706433"] {
        assert!(is(url), "{url}");
    }
    for url in ["http://localhost.example.com", "http://10.0.0.1", "http://128.0.0.1", "http://[::2]", "http://127.0.0.1.example.com"] {
        assert!(!is(url), "{url}");
    }
    let proxy = Wire::answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await;
    let server = Wire::answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    let source = format!("[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n", server.url);
    let desk = Desk::configured(&source);
    let mut list = desk.command(&["list"]);
    list.env("KEY", ALICE).env("http_proxy", &proxy.url).env("all_proxy", &proxy.url);
    let said: Said = tokio::task::spawn_blocking(move || list.output().unwrap()).await.unwrap().into();
    assert!(said.err.contains("(401)") && proxy.asked.load(Relaxed) == 0, "{}", said.err);
}

/// Reads the head of a request.
async fn request(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
}

/// A server that answers each connection with some bytes and hangs up.
struct Wire {
    url: String,
    /// How many connections there were.
    asked: Arc<AtomicUsize>,
    /// How many bytes of its answers it got rid of.
    sent: Arc<AtomicUsize>,
}

impl Wire {
    /// The same for each connection.
    async fn answering(answer: impl AsRef<[u8]>) -> Self {
        Self::answering_in_turn([answer]).await
    }

    /// One after the other, and the last one for ever.
    async fn answering_in_turn(answers: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, sent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, taken) = (Arc::clone(&asked), Arc::clone(&sent));
        let answers: Vec<Vec<u8>> = answers.into_iter().map(|answer| answer.as_ref().to_vec()).collect();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let turn = counted.fetch_add(1, Relaxed).min(answers.len() - 1);
                request(&mut stream).await;
                for piece in answers[turn].chunks(4096) {
                    if stream.write_all(piece).await.is_err() {
                        break;
                    }
                    taken.fetch_add(piece.len(), Relaxed);
                }
            }
        });
        Self { url, asked, sent }
    }
}
