package dev.millrace.connector;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;

/** Looks for words in everything that is logged from INFO on, stack traces included, as long as it is open. */
final class TestingLogs extends AbstractAppender implements AutoCloseable {
    private final Logger root = (Logger) LogManager.getRootLogger();
    private final List<String> words;
    private final List<String> found = new CopyOnWriteArrayList<>();
    private final AtomicLong events = new AtomicLong();

    private TestingLogs(List<String> words) {
        super("testing", null, null, false, Property.EMPTY_ARRAY);
        this.words = words;
    }

    static TestingLogs open(String... words) {
        TestingLogs logs = new TestingLogs(List.of(words));
        logs.start();
        logs.root.getAppenders().values().forEach(logs.root::removeAppender);
        logs.root.addAppender(logs);
        Configurator.setRootLevel(Level.INFO);
        return logs;
    }

    @Override
    public void append(LogEvent event) {
        events.incrementAndGet();
        StringWriter text = new StringWriter();
        text.append(event.getMessage().getFormattedMessage());
        if (event.getThrown() != null) {
            event.getThrown().printStackTrace(new PrintWriter(text, true));
        }
        if (words.stream().anyMatch(text.toString()::contains)) {
            found.add(event.getLoggerName() + ": " + text);
        }
    }

    /** What was logged with one of the words in it. */
    List<String> found() {
        return found;
    }

    /** How much was logged. */
    long events() {
        return events.get();
    }

    @Override
    public void close() {
        root.removeAppender(this);
        root.getContext().reconfigure();
    }
}
