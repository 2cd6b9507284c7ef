package dev.millrace.engine.cli;

import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;

/**
 * Prints an error as one message, with the stack trace only if {@code --verbose} is given, and picks the exit code.
 *
 * <p>Thread-safety: stateless.
 */
public final class ErrorPrinter implements CommandLine.IExecutionExceptionHandler {

    @Override
    public int handleExecutionException(
            Exception thrown, CommandLine command, CommandLine.ParseResult arguments) {
        Throwable error =
                thrown instanceof ExecutionException && thrown.getCause() != null
                        ? thrown.getCause()
                        : thrown;
        command.getErr().println("millrace: " + describe(error));
        // Not `arguments`: those are the top command's, which has no --verbose.
        if (command.getParseResult().hasMatchedOption("--verbose")) {
            error.printStackTrace(command.getErr());
        }
        return exitCode(error);
    }

    private static String describe(Throwable error) {
        return error instanceof LlmException
                ? error.getMessage()
                : error.getClass().getSimpleName() + ": " + error.getMessage();
    }

    private static int exitCode(Throwable error) {
        boolean badInput =
                error instanceof InvalidModelException || error instanceof InvalidRequestException;
        return badInput ? ExitCodes.BAD_INPUT : ExitCodes.RUNTIME;
    }
}
