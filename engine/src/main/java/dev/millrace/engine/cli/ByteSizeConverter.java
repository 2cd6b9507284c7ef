package dev.millrace.engine.cli;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 80GB}, {@code 1.5GiB} or {@code 1024}; GB counts in thousands, GiB in 1024s. */
final class ByteSizeConverter implements ITypeConverter<Long> {
    private static final Pattern FORM =
            Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([kmgt]?)(i?)b?");
    private static final List<String> UNITS = List.of("", "k", "m", "g", "t");

    @Override
    public Long convert(String text) {
        Matcher form = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!form.matches() || (form.group(2).isEmpty() && !form.group(3).isEmpty())) {
            throw new TypeConversionException("takes a size such as 80GB, not '" + text + "'");
        }
        int power = UNITS.indexOf(form.group(2));
        BigDecimal unit = BigDecimal.valueOf(form.group(3).isEmpty() ? 1000 : 1024).pow(power);
        try {
            return new BigDecimal(form.group(1)).multiply(unit).toBigInteger().longValueExact();
        } catch (ArithmeticException e) {
            throw new TypeConversionException("takes a size below 8 EiB, not '" + text + "'");
        }
    }
}
