//! The poller in paused time: intervals, back-off, wake-ups, and a source that hangs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use holdover::domain::{Capabilities, Deed, Fault, FaultKind, Identity, Outcome, Pass, PollReport, SafeText, SourceName, TicketKey};
use holdover::sources::{TicketSource, poller};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::clock;

const EVERY: Duration = Duration::from_secs(30);

/// What a source does when it is asked; after the last it goes on doing that.
#[derive(Clone)]
enum Does {
    Answers,
    Fails(Option<u64>),
    Hangs,
    Panics,
}

struct Scripted {
    name: SourceName,
    script: Mutex<VecDeque<Does>>,
    asked: Mutex<Vec<Instant>>,
}

impl Scripted {
    fn new(name: &str, script: &[Does]) -> Arc<Self> {
        Arc::new(Self { name: SourceName::new(name), script: Mutex::new(script.iter().cloned().collect()), asked: Mutex::default() })
    }

    /// How many seconds lay between one question and the next.
    fn waits(&self) -> Vec<f64> {
        self.asked.lock().unwrap().windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect()
    }
}

#[async_trait]
impl TicketSource for Scripted {
    fn name(&self) -> &SourceName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none("a test")
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        Ok(Identity { name: SafeText::line("nobody"), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        self.asked.lock().unwrap().push(Instant::now());
        let next = {
            let mut script = self.script.lock().unwrap();
            if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
        };
        match next.unwrap() {
            Does::Answers => Ok(Pass { complete: true, ..Pass::default() }),
            Does::Fails(wait) => {
                let retry_after = wait.map(Duration::from_secs);
                Err(Fault { kind: FaultKind::ServerError, text: SafeText::line("it fails"), retry_after })
            }
            Does::Hangs => std::future::pending().await,
            Does::Panics => panic!("it breaks"),
        }
    }

    async fn tell(&self, _: &TicketKey, _: &Deed, _: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        Ok(Outcome::Refused { reason: SafeText::line("no") })
    }
}

fn polled(source: &Arc<Scripted>) -> (poller::Poller, mpsc::Receiver<PollReport>) {
    let (sender, reports) = mpsc::channel(8);
    (poller::spawn(Arc::clone(source) as Arc<dyn TicketSource>, EVERY, clock(), sender), reports)
}

/// Takes so many reports.
async fn reports(reports: &mut mpsc::Receiver<PollReport>, count: usize) {
    for _ in 0..count {
        reports.recv().await.unwrap();
    }
}

/// Seconds as the poller counts them: a timer is up to a millisecond late.
fn about(wait: f64, seconds: f64) -> bool {
    (seconds..seconds + 0.01).contains(&wait)
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_at_once_and_then_at_its_interval() {
    let source = Scripted::new("a", &[Does::Answers]);
    let start = Instant::now();
    let (_poller, mut inbox) = polled(&source);
    reports(&mut inbox, 4).await;
    assert_eq!(source.asked.lock().unwrap()[0], start);
    assert!(source.waits().iter().all(|wait| about(*wait, 30.0)), "{:?}", source.waits());
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_is_asked_less_and_less_and_as_before_once_it_is_well() {
    let script = [vec![Does::Fails(None); 8], vec![Does::Answers]].concat();
    let source = Scripted::new("a", &script);
    let (_poller, mut inbox) = polled(&source);
    reports(&mut inbox, 10).await;
    let waits = source.waits();
    for (wait, least) in waits.iter().zip([30.0, 60.0, 120.0, 240.0, 300.0, 300.0, 300.0, 300.0]) {
        assert!((least..=least * 1.2).contains(wait), "{waits:?}");
    }
    assert!(about(waits[8], 30.0), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn sources_that_failed_together_do_not_return_together() {
    let mut returns = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        let source = Scripted::new(name, &[Does::Fails(None)]);
        let (_poller, mut inbox) = polled(&source);
        reports(&mut inbox, 4).await;
        returns.push(source.waits().iter().map(|wait| format!("{wait:.1}")).collect::<Vec<_>>());
    }
    returns.sort();
    returns.dedup();
    assert!(returns.len() >= 4, "{returns:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_asks_now_and_begins_the_interval_anew() {
    let source = Scripted::new("a", &[Does::Answers]);
    let (poller, mut inbox) = polled(&source);
    reports(&mut inbox, 1).await;
    tokio::time::advance(Duration::from_secs(7)).await;
    poller.poll_now();
    reports(&mut inbox, 2).await;
    let waits = source.waits();
    assert!(about(waits[0], 7.0) && about(waits[1], 30.0), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_to_be_left_alone_is_even_when_a_key_is_pressed() {
    let source = Scripted::new("a", &[Does::Fails(Some(100)), Does::Answers]);
    let (poller, mut inbox) = polled(&source);
    reports(&mut inbox, 1).await;
    poller.poll_now();
    reports(&mut inbox, 1).await;
    assert!(about(source.waits()[0], 100.0), "{:?}", source.waits());
}

#[tokio::test(start_paused = true)]
async fn a_key_press_counts_as_soon_as_the_server_allows() {
    // it would be asked again after 30 s and more; it wants to be left alone for 5
    let source = Scripted::new("a", &[Does::Fails(Some(5)), Does::Answers]);
    let (poller, mut inbox) = polled(&source);
    reports(&mut inbox, 1).await;
    poller.poll_now();
    reports(&mut inbox, 1).await;
    assert!(about(source.waits()[0], 5.0), "{:?}", source.waits());
}

#[tokio::test(start_paused = true)]
async fn a_server_is_not_believed_for_ever_and_not_asked_without_end() {
    for (said, least, most) in [(99_999_999, 600.0, 600.1), (0, 30.0, 36.1)] {
        let source = Scripted::new("a", &[Does::Fails(Some(said)), Does::Answers]);
        let (_poller, mut inbox) = polled(&source);
        reports(&mut inbox, 2).await;
        assert!((least..most).contains(&source.waits()[0]), "{said}: {:?}", source.waits());
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_given_up_and_delays_no_other() {
    let (slow, quick) = (Scripted::new("slow", &[Does::Hangs]), Scripted::new("quick", &[Does::Answers]));
    let (sender, mut inbox) = mpsc::channel(8);
    let start = Instant::now();
    let pollers = [slow, quick].map(|s| poller::spawn(s as Arc<dyn TicketSource>, EVERY, clock(), sender.clone()));
    let mut quick = 0;
    let fault = loop {
        let report = inbox.recv().await.unwrap();
        match report.outcome {
            Ok(_) => quick += 1,
            Err(fault) => break fault,
        }
    };
    assert!(about(start.elapsed().as_secs_f64(), poller::WHOLE_PASS.as_secs_f64()), "{:?}", start.elapsed());
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(fault.text.as_str().contains("60 s"), "{}", fault.text);
    assert!(quick >= 2, "the other was asked {quick} times meanwhile");
    drop(pollers);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_breaks_is_asked_again_less_and_less_and_harms_no_other() {
    let broken = Scripted::new("broken", &[Does::Panics, Does::Panics, Does::Panics, Does::Answers]);
    let sound = Scripted::new("sound", &[Does::Answers]);
    let (_broken_poller, mut of_broken) = polled(&broken);
    let (_sound_poller, mut of_sound) = polled(&sound);
    for _ in 0..3 {
        let fault = of_broken.recv().await.unwrap().outcome.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Internal);
        assert!(
            fault.text.as_str().contains("asking broken failed inside") && fault.text.as_str().contains("asked again"),
            "{}",
            fault.text
        );
    }
    assert!(of_broken.recv().await.unwrap().outcome.is_ok(), "it is well again");
    let waits = broken.waits();
    for (wait, least) in waits.iter().zip([30.0, 60.0, 120.0]) {
        assert!((least..=least * 1.2).contains(wait), "{waits:?}");
    }
    reports(&mut of_sound, 8).await;
    assert!(sound.waits()[..7].iter().all(|wait| about(*wait, 30.0)), "{:?}", sound.waits());
}

#[tokio::test(start_paused = true)]
async fn polling_ends_with_its_poller() {
    let source = Scripted::new("a", &[Does::Answers]);
    let (poller, mut inbox) = polled(&source);
    reports(&mut inbox, 1).await;
    drop(poller);
    assert!(timeout(EVERY * 10, inbox.recv()).await.unwrap().is_none(), "no report after the end");
    assert_eq!(source.asked.lock().unwrap().len(), 1);
}
