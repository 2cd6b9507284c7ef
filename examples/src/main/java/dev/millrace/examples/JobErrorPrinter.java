package dev.millrace.examples;

import dev.millrace.connector.InvalidJobException;
import dev.millrace.engine.LlmException;
import dev.millrace.engine.cli.ErrorPrinter;
import dev.millrace.engine.cli.ExitCodes;
import java.util.List;
import org.apache.flink.util.ExceptionUtils;
import picocli.CommandLine;

/**
 * Prints why a command failed: the part of Flink's chain of causes that a user can do something about.
 *
 * <p>Thread-safety: stateless.
 */
final class JobErrorPrinter implements CommandLine.IExecutionExceptionHandler {
    private final ErrorPrinter errors = new ErrorPrinter();

    @Override
    public int handleExecutionException(
            Exception thrown, CommandLine command, CommandLine.ParseResult arguments) {
        Exception error = telling(thrown);
        if (!(error instanceof InvalidJobException)) {
            return errors.handleExecutionException(error, command, arguments);
        }
        command.getErr().println("millrace: " + error.getMessage());
        if (command.getParseResult().hasMatchedOption("--verbose")) {
            error.printStackTrace(command.getErr());
        }
        return ExitCodes.BAD_INPUT;
    }

    /** The first cause that explains itself, else the last one. */
    private static Exception telling(Exception thrown) {
        for (Class<? extends Exception> type :
                List.of(InvalidJobException.class, LlmException.class)) {
            var found = ExceptionUtils.findThrowable(thrown, type);
            if (found.isPresent()) {
                return found.get();
            }
        }
        Throwable last = thrown;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return last instanceof Exception exception ? exception : thrown;
    }
}
