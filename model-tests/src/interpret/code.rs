//! Every operation, once: a file as long as the language has operations.

/// Writes the interpreter of blocks whose futures are `dyn Future + $send`, with what the module around has: `Env`,
/// `group`, `spawn`, `start`, `join`, `cancel_task`.
macro_rules! interpreter {
    ($($send:tt)*) => {
        type Running<'a, T = Outcome> = Pin<Box<dyn Future<Output = T> $($send)* + 'a>>;

        /// Runs a block.
        fn block<'a>(env: &'a Env, ops: &'a [Op]) -> Running<'a> {
            Box::pin(async move {
                for op in ops {
                    step(env, op).await?;
                }
                Ok(())
            })
        }

        /// Runs an operation that is at an instant of its own, or waits.
        fn step<'a>(env: &'a Env, op: &'a Op) -> Running<'a> {
            let world = &env.world;
            let tables = &world.tables;
            Box::pin(async move {
                match op {
                    Op::Sleep { at, turns } => {
                        world.sleep(*at, *turns).await;
                        env.note(Note::Slept(*at));
                    }
                    Op::Checkpoint { at } => {
                        world.sleep(*at, 1).await;
                        anyrt::checkpoint().await;
                        env.note(Note::Passed(*at));
                    }
                    Op::State { at } => {
                        world.sleep(*at, 1).await;
                        let deadline = anyrt::current_effective_deadline();
                        let deadline = deadline.map(|deadline| world.ticks(deadline));
                        env.note(Note::State(anyrt::is_cancelled(), deadline));
                    }
                    Op::Set { at, event } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Set(*event));
                        tables.event(*event).set();
                    }
                    Op::Wait { event } => {
                        tables.event(*event).wait().await;
                        env.note(Note::Seen(*event));
                    }
                    Op::Forever => anyrt::sleep_forever().await,
                    Op::Cancel { at, scope } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Cancel(*scope));
                        if let Some(handle) = tables.handle(*scope) {
                            handle.cancel();
                        }
                    }
                    Op::Deadline { at, scope, to } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Moved(*scope));
                        if let Some(handle) = tables.inside(*scope) {
                            handle.set_deadline(to.map(|to| world.instant(to)));
                        }
                    }
                    Op::Spawn { at, group, task, daemon, body } => {
                        world.sleep(*at, 1).await;
                        let spawned = spawn(env, *group, *task, *daemon, body);
                        env.note(if spawned { Note::Spawn(*task) } else { Note::Refused(*task) });
                    }
                    Op::Start { at, group, task, body } => {
                        world.sleep(*at, 1).await;
                        let note = match start(env, *group, *task, body).await {
                            Ok(()) => Note::Started(*task),
                            Err(StartError::NotStarted) => Note::NotStarted(*task),
                            Err(StartError::Failed(Failure(errors))) => Note::StartFailed(*task, errors),
                            Err(_) => Note::Closed(*task),
                        };
                        env.note(note);
                    }
                    Op::Started { at } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Ready);
                        let started = env.started.lock().unwrap_or_else(PoisonError::into_inner).take();
                        if let Some(started) = started {
                            started.set(());
                        }
                    }
                    Op::Join { task, at } => {
                        let joined = join(env, *task).await;
                        world.sleep(*at, 1).await;
                        env.note(Note::Joined(*task, joined));
                    }
                    Op::CancelTask { at, task } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::CancelTask(*task));
                        cancel_task(env, *task);
                    }
                    Op::Send { at, stream, item } => {
                        world.sleep(*at, 1).await;
                        env.note(hands::send(tables, *stream, *item).await);
                    }
                    Op::Receive { at, stream } => {
                        world.sleep(*at, 1).await;
                        env.note(hands::receive(tables, *stream).await);
                    }
                    Op::Close { at, stream, end } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Close(*stream, *end));
                        tables.close(*stream, *end);
                    }
                    Op::Reserve { at, stream, item, body } => {
                        world.sleep(*at, 1).await;
                        let note = |note| env.note(note);
                        return hands::reserve(tables, (*stream, *item), note, block(env, body)).await;
                    }
                    Op::Publish { at, broadcast, item } => {
                        world.sleep(*at, 1).await;
                        env.note(values::publish(tables, *broadcast, *item).await);
                    }
                    Op::Listen { at, broadcast, id, take, body } => {
                        world.sleep(*at, 1).await;
                        let note = |note| env.note(note);
                        return values::listen(tables, (*broadcast, *id, *take), note, block(env, body)).await;
                    }
                    Op::Hush { at, broadcast } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Hush(*broadcast));
                        tables.hush(*broadcast);
                    }
                    Op::Fill { at, cell, id, body } => {
                        world.sleep(*at, 1).await;
                        let note = |note| env.note(note);
                        return values::fill(tables, (*cell, *id), note, block(env, body)).await;
                    }
                    Op::Get { at, flight, key, id, body } => {
                        world.sleep(*at, 1).await;
                        let note = |note| env.note(note);
                        return values::get(tables, (*flight, *key, *id), note, block(env, body)).await;
                    }
                    Op::Give { at, promise, item } => {
                        world.sleep(*at, 1).await;
                        values::give(tables, (*promise, *item), |note| env.note(note));
                    }
                    Op::Ask { promise } => env.note(values::ask(tables, *promise).await),
                    Op::Use { at, resource, body } => {
                        world.sleep(*at, 1).await;
                        let note = |note| env.note(note);
                        return hands::use_alone(tables, *resource, note, block(env, body)).await;
                    }
                    Op::Hold { at, semaphore, body } => {
                        world.sleep(*at, 1).await;
                        let note = |note| env.note(note);
                        return hands::hold(tables, *semaphore, note, block(env, body)).await;
                    }
                    Op::Lock { at, lock, unless, body } => {
                        world.sleep_first(*at).await;
                        let note = |note| env.note(note);
                        return hands::lock(tables, (*lock, *unless), note, block(env, body)).await;
                    }
                    Op::Watch { at, lock, first, body } => {
                        world.sleep_first(*at).await;
                        let note = |note| env.note(note);
                        let (first, body) = (block(env, first), block(env, body));
                        return hands::watch(tables, *lock, note, first, body).await;
                    }
                    Op::Notify { at, lock, all } => {
                        world.sleep(*at, 1).await;
                        env.note(hands::notify(tables, *lock, *all));
                    }
                    Op::Meet { at, barrier } => {
                        world.sleep_first(*at).await;
                        let last = tables.barrier(*barrier).wait().await;
                        env.note(Note::Met(*barrier, last));
                    }
                    Op::Fail { at, error } => {
                        world.sleep(*at, 1).await;
                        return Err(Failure(vec![*error]));
                    }
                    Op::Panic { at, panic } => {
                        world.sleep(*at, 1).await;
                        resume_unwind(Box::new(ProgramPanic(*panic)));
                    }
                    Op::Defer { at, group, id, error, body } => {
                        world.sleep(*at, 1).await;
                        env.note(Note::Defer(*id));
                        defer(env, *group, spread::hook(env.spread(), *id, *error, body.clone()));
                    }
                    Op::Blocking { at, id, abandon, body } => {
                        world.sleep(*at, 1).await;
                        blocking(world, *id, *abandon, body).await;
                        env.note(Note::Returned(*id));
                    }
                    Op::Scope { .. }
                    | Op::Group { .. }
                    | Op::Together { .. }
                    | Op::Shield { .. }
                    | Op::Restore { .. }
                    | Op::Finally { .. } => return structure(env, op).await,
                }
                Ok(())
            })
        }

        /// Runs an operation around a block.
        fn structure<'a>(env: &'a Env, op: &'a Op) -> Running<'a> {
            let world = &env.world;
            Box::pin(async move {
                match op {
                    Op::Scope { id, deadline, body } => {
                        let (scope, handle, _inside) = world.tables.enter_scope(*id);
                        if let Some(deadline) = deadline {
                            handle.set_deadline(world.instant(*deadline));
                        }
                        let ended = scope.run(block(env, body)).await;
                        absorbed(env, ended, |how| Note::Scope(*id, how))
                    }
                    Op::Group { id, failing, local, limit, catch, body } => {
                        let group = group(env, *id, (*failing, *local, *limit), body);
                        caught(env, *catch, group, |how| Note::Group(*id, how)).await
                    }
                    Op::Together { id, catch, .. } => {
                        let together = together(env, op);
                        caught(env, *catch, together, |how| Note::Together(*id, how)).await
                    }
                    Op::Shield { id, grace: None, body } => {
                        let outcome = anyrt::shield(block(env, body)).await;
                        absorbed(env, Ok(outcome), |how| Note::Shield(*id, how))
                    }
                    Op::Shield { id, grace: Some(grace), body } => {
                        let ended = anyrt::shield_for(world.grace(*grace), block(env, body)).await;
                        absorbed(env, ended, |how| Note::Shield(*id, how))
                    }
                    Op::Restore { id, body } => {
                        let ended = anyrt::restore(block(env, body)).await;
                        absorbed(env, ended, |how| Note::Restore(*id, how))
                    }
                    Op::Finally { id, grace, body, cleanup } => {
                        let guarded = anyrt::finally(block(env, body), async |exit| {
                            env.note(Note::Cleanup(*id, notes::exit(&exit)));
                            let done = block(env, cleanup).await;
                            debug_assert!(done.is_ok(), "a cleanup cannot fail");
                            env.note(Note::Cleaned(*id));
                        });
                        match grace {
                            None => guarded.await,
                            Some(grace) => guarded.grace(world.grace(*grace)).await,
                        }
                    }
                    _ => unreachable!("it is around no block"),
                }
            })
        }

        /// Notes what a group, or arms that are run together, have come to. Errors and a panic end here where they are
        /// to be caught.
        async fn caught(
            env: &Env,
            catch: bool,
            group: Running<'_, (How, Outcome)>,
            note: impl FnOnce(How) -> Note,
        ) -> Outcome {
            let ended = AssertUnwindSafe(group).catch_unwind().await;
            let how = match &ended {
                Ok((how, _)) => how.clone(),
                Err(payload) if payload.is::<ProgramPanic>() => notes::panicked(payload),
                // Whose panic this is, it is not the program's to catch.
                Err(_) => return ended.map_or_else(|payload| resume_unwind(payload), |_| Ok(())),
            };
            env.note(note(how));
            match ended {
                _ if catch => Ok(()),
                Ok((_, outcome)) => outcome,
                Err(payload) => resume_unwind(payload),
            }
        }

        /// Runs arms together, and tells what they have come to.
        fn together<'a>(env: &'a Env, op: &'a Op) -> Running<'a, (How, Outcome)> {
            let Op::Together { kind, limit, take, arms, body, .. } = op else {
                unreachable!("it has arms");
            };
            let limit = limit.map_or(usize::MAX, |limit| limit as usize);
            let run = |arm: &Arm| {
                let number = arm.task;
                let future = task(env.for_task(number, None), number, arm.body.clone());
                async move { future.await.map(|()| number) }
            };
            let all_well = |ended: Vec<Result<u32, Failure>>| {
                debug_assert!(ended.iter().all(Result::is_ok), "no error can come here");
            };
            Box::pin(async move {
                let futures = || arms.iter().map(run).collect::<Vec<_>>();
                let note = |first: Option<Note>| first.into_iter().for_each(|first| env.note(first));
                match kind {
                    Kind::Gather => all_well(anyrt::gather(futures()).await),
                    Kind::Amap => all_well(anyrt::amap(arms, run).limit(limit).await),
                    Kind::TryGather => {
                        if let Err(errors) = anyrt::try_gather(futures()).await {
                            return notes::failed(errors);
                        }
                    }
                    Kind::TryAmap => {
                        if let Err(errors) = anyrt::try_amap(arms, run).limit(limit).await {
                            return notes::failed(errors);
                        }
                    }
                    Kind::Race => note(anyrt::race(futures()).await.ok().map(Note::Won)),
                    Kind::RaceOk => match anyrt::race_ok(futures()).await {
                        Ok(first) => note(Some(Note::Won(first))),
                        Err(failed) => return notes::failed(failed.into_errors()),
                    },
                    Kind::Select => {
                        let came = anyrt::select(futures()).await.into_iter();
                        note(Some(Note::Came(came.flatten().flatten().collect())));
                    }
                    Kind::AsCompleted => {
                        let ends = anyrt::amap(arms, run).limit(limit);
                        ends.as_completed(async |mut ends| {
                            let done = block(env, body).await;
                            debug_assert!(done.is_ok(), "the body cannot fail");
                            let mut left = take.unwrap_or(u32::MAX);
                            while left > 0 && let Some(end) = ends.next().await {
                                note(Some(Note::Came(end.into_iter().collect())));
                                left -= 1;
                            }
                        })
                        .await;
                    }
                }
                (How::Completed, Ok(()))
            })
        }

        /// Notes how a region has ended, unless an error passes it.
        fn absorbed(
            env: &Env,
            ended: Result<Outcome, Cancelled>,
            note: impl FnOnce(How) -> Note,
        ) -> Outcome {
            match ended {
                Ok(Err(failure)) => return Err(failure),
                Ok(Ok(())) => env.note(note(How::Completed)),
                Err(cancelled) => env.note(note(notes::cancelled(&cancelled))),
            }
            Ok(())
        }

        impl Env {
            fn note(&self, note: Note) {
                self.world.note(&self.track, note);
            }

            /// What a task sees.
            pub(super) fn for_task(&self, task: u32, started: Option<Started<()>>) -> Self {
                Self {
                    track: format!("t{task}"),
                    started: Arc::new(Mutex::new(started)),
                    ..self.clone()
                }
            }

            fn with_group(&self, id: u32, group: Group) -> Self {
                let mut env = self.clone();
                env.groups.insert(id, group);
                env
            }
        }

        /// Runs a task from its first poll to its end.
        pub(super) fn task(env: Env, task: u32, body: Block) -> Running<'static> {
            Box::pin(async move {
                let mut end = End::begin(&env.world, task);
                let ended = AssertUnwindSafe(block(&env, &body)).catch_unwind().await;
                end.set(&ended);
                ended.unwrap_or_else(|payload| resume_unwind(payload))
            })
        }
    };
}
pub(super) use interpreter;

/// Opens a group with its handle listed and its limit set, and runs the body in it.
macro_rules! open {
    ($open:path, $kind:expr, $end:expr, $env:ident, $id:ident, $limit:ident, $body:ident) => {
        $open(|g| {
            $limit.into_iter().for_each(|limit| g.limit(limit as usize));
            $env.world.tables.enter_group($id, g.handle());
            let env = $env.with_group($id, $kind(g));
            async move { $end(block(&env, $body).await) }
        })
        .await
    };
}
pub(super) use open;
