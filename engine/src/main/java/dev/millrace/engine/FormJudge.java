package dev.millrace.engine;

import dev.millrace.engine.grammar.Grammar;
import dev.millrace.engine.grammar.GrammarState;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges answers that have a form before anybody sees them, on a thread of its own, which goes when it has nothing to do. An answer
 * that is found invalid fails its request.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class FormJudge {
    private static final Logger LOG = LoggerFactory.getLogger(FormJudge.class);

    /** Most answers that wait; with more the caller, which is the engine, judges itself and so makes no more of them. */
    private static final int MAX_WAITING = 1024;

    private final ThreadPoolExecutor thread;

    FormJudge(String name) {
        thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        5,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(MAX_WAITING),
                        task -> {
                            Thread created = new Thread(task, "millrace-engine-" + name + "-judge");
                            created.setDaemon(true);
                            return created;
                        },
                        new ThreadPoolExecutor.CallerRunsPolicy());
        thread.allowCoreThreadTimeOut(true);
    }

    /** Whether the answers of a request that has come to its end have a form. */
    static boolean isAsked(ActiveRequest request) {
        return request.failure == null && form(request) != null;
    }

    private static GrammarState form(ActiveRequest request) {
        return request.sequences.get(0).scheduling.form();
    }

    /** Calls {@code done} when the request has been judged, and has a failure if it must not be answered. */
    void judge(ActiveRequest request, Runnable done) {
        thread.execute(
                () -> {
                    request.failure = problem(request);
                    done.run();
                });
    }

    /** Null if all finished outputs are valid. */
    private static Problem problem(ActiveRequest request) {
        Grammar grammar = form(request).grammar();
        for (Output output : ((Completion) request.answer.made()).outputs()) {
            boolean finished =
                    output.finishReason() == FinishReason.STOP
                            || output.finishReason() == FinishReason.LENGTH;
            Optional<Problem> problem = finished ? grammar.judge(output.text()) : Optional.empty();
            if (problem.isPresent()) {
                LOG.error("Request {}: {}", request.id, problem.get().message());
                return problem.get();
            }
        }
        return null;
    }
}
