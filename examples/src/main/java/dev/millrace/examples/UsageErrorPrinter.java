package dev.millrace.examples;

import dev.millrace.engine.cli.ExitCodes;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Prints what is wrong with a command line and what was probably meant, instead of the whole help.
 *
 * <p>Thread-safety: stateless.
 */
final class UsageErrorPrinter implements CommandLine.IParameterExceptionHandler {

    @Override
    public int handleParseException(ParameterException thrown, String[] arguments) {
        ParameterException error = cause(thrown);
        CommandLine command = error.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("millrace: " + error.getMessage());
        UnmatchedArgumentException.printSuggestions(error, err);
        err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
        return ExitCodes.USAGE;
    }

    /** A misspelt option is also a missing one; the misspelling is the better message. */
    private static ParameterException cause(ParameterException thrown) {
        List<String> unmatched = thrown.getCommandLine().getUnmatchedArguments();
        return unmatched.isEmpty() || thrown instanceof UnmatchedArgumentException
                ? thrown
                : new UnmatchedArgumentException(thrown.getCommandLine(), unmatched);
    }
}
