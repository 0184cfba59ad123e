//! A flavour: one backend with one set of options, as a value that any test can run on.

use super::watchdog::Watchdog;
use anyrt::{Launch, Report, RunError, Runner};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

type Hook = Box<dyn Fn(Report) + Send + Sync>;
type Make = dyn Fn() -> Box<dyn Launch + Send> + Send + Sync;

/// One backend with one set of options.
#[derive(Clone)]
pub struct Flavour {
    name: &'static str,
    make: Arc<Make>,
}

impl Flavour {
    /// A flavour whose launcher is made afresh for each run.
    pub fn new<L: Launch + Send + 'static>(
        name: &'static str,
        make: impl Fn() -> L + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            make: Arc::new(move || Box::new(make())),
        }
    }

    /// The name of this flavour.
    pub fn name(&self) -> &str {
        self.name
    }

    /// A fresh launcher, for what starts a runtime by itself.
    pub fn launcher(&self) -> Box<dyn Launch + Send> {
        (self.make)()
    }

    /// Runs `main` on this backend.
    pub fn run<T>(&self, main: impl Future<Output = T>) -> T {
        expect_run(self.try_run(main))
    }

    /// Runs `main` on this backend and returns the error of `run`, if there is one.
    pub fn try_run<T>(&self, main: impl Future<Output = T>) -> Result<T, RunError> {
        self.launch(main, None)
    }

    /// Runs `main`; also returns the text of every report, in order.
    pub fn run_reporting<T>(&self, main: impl Future<Output = T>) -> (T, Vec<String>) {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let seen = reports.clone();
        let value = self.run_with_hook(main, move |report| {
            let text = report.to_string();
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(text);
        });
        let reports = std::mem::take(&mut *reports.lock().unwrap_or_else(PoisonError::into_inner));
        (value, reports)
    }

    /// Runs `main` with `hook` told of every report at once.
    pub fn run_with_hook<T>(
        &self,
        main: impl Future<Output = T>,
        hook: impl Fn(Report) + Send + Sync + 'static,
    ) -> T {
        expect_run(self.launch(main, Some(Box::new(hook))))
    }

    fn launch<T>(&self, main: impl Future<Output = T>, hook: Option<Hook>) -> Result<T, RunError> {
        let watchdog = Watchdog::new(self.name);
        let mut value = None;
        // Boxed: all tests share the code that runs them.
        let main: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async {
            watchdog.watch_current_runtime();
            value = Some(main.await);
        });
        let runner = Runner::new(self.launcher());
        match hook {
            Some(hook) => runner.on_report(hook).run(main)?,
            None => runner.run(main)?,
        }
        Ok(value.expect("a run that ends well has polled its main future to its end"))
    }
}

fn expect_run<T>(result: Result<T, RunError>) -> T {
    result.unwrap_or_else(|error| panic!("the runtime did not start: {error}"))
}

impl fmt::Debug for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flavour").field(&self.name).finish()
    }
}
