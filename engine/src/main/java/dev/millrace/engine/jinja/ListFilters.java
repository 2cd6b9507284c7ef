package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** Filters over the elements of lists. */
final class ListFilters {
    private ListFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put("map", (s, v, a) -> new Generator(() -> map(s, v, a)));
        all.put("select", (s, v, a) -> selected(v, test(a, 0), true));
        all.put("reject", (s, v, a) -> selected(v, test(a, 0), false));
        all.put("selectattr", (s, v, a) -> selected(v, attributeTest(a), true));
        all.put("rejectattr", (s, v, a) -> selected(v, attributeTest(a), false));
        all.put("sort", ListFilters::sort);
        all.put("dictsort", ListFilters::dictsort);
        all.put("unique", (s, v, a) -> new Generator(() -> unique(v, a)));
        all.put("sum", ListFilters::sum);
        all.put("min", (s, v, a) -> extreme(v, a, -1));
        all.put("max", (s, v, a) -> extreme(v, a, 1));
        all.put("batch", (s, v, a) -> new Generator(() -> batch(v, a)));
        all.put("groupby", ListFilters::groupby);
    }

    /** Follows an attribute path such as {@code function.name}; a whole number is an index. */
    static Object path(Object value, Object attribute) {
        if (!(attribute instanceof String names)) {
            return Access.item(value, attribute);
        }
        Object at = value;
        for (String name : names.split("\\.", -1)) {
            at = Access.item(at, name.matches("\\d{1,9}") ? (Object) Long.valueOf(name) : name);
        }
        return at;
    }

    private static List<Object> map(Scope scope, Object value, Arguments arguments) {
        List<Object> mapped = new ArrayList<>();
        Object attribute = arguments.named().get("attribute");
        for (Object item : itemsIfTrue(value)) {
            if (attribute == null) {
                mapped.add(
                        filter(arguments.text(0, "filter")).apply(scope, item, rest(arguments, 1)));
            } else {
                Object each = path(item, attribute);
                boolean missing = each instanceof Undefined;
                mapped.add(missing ? arguments.named().getOrDefault("default", each) : each);
            }
        }
        return mapped;
    }

    private static Filter filter(String name) {
        Filter filter = Filters.named(name);
        if (filter == null) {
            throw TemplateException.failed("the unknown filter '" + name + "'");
        }
        return filter;
    }

    private static Arguments rest(Arguments arguments, int from) {
        List<Object> all = arguments.positional();
        return new Arguments(
                all.subList(Math.min(from, all.size()), all.size()), arguments.named());
    }

    /** The test that the argument at {@code from} names, on a value; truth itself if there is none. */
    private static Predicate<Object> test(Arguments arguments, int from) {
        if (arguments.positional().size() <= from) {
            return Python::isTrue;
        }
        String name = arguments.text(from, "test");
        Tests.Test test = Tests.named(name);
        if (test == null) {
            throw TemplateException.failed("the unknown test '" + name + "'");
        }
        Arguments more = rest(arguments, from + 1);
        return value -> test.holds(value, more);
    }

    private static Predicate<Object> attributeTest(Arguments arguments) {
        Object attribute = arguments.get(0, "attribute", null);
        Predicate<Object> test = test(arguments, 1);
        return item -> test.test(path(item, attribute));
    }

    private static Generator selected(Object value, Predicate<Object> test, boolean wanted) {
        return new Generator(
                () -> {
                    List<Object> items = new ArrayList<>(itemsIfTrue(value));
                    items.removeIf(item -> test.test(item) != wanted);
                    return items;
                });
    }

    /** As jinja2, which asks these filters' values for their truth first. */
    private static List<Object> itemsIfTrue(Object value) {
        return Python.isTrue(value) ? Python.items(value) : List.of();
    }

    private static Object sort(Scope scope, Object value, Arguments arguments) {
        List<Object> items = new ArrayList<>(Python.items(value));
        boolean exact = arguments.truth(1, "case_sensitive", false);
        Object attribute = arguments.get(2, "attribute", null);
        Comparator<Object> order =
                Comparator.comparing(
                        item -> folded(attribute == null ? item : path(item, attribute), exact),
                        Python::compare);
        items.sort(arguments.truth(0, "reverse", false) ? order.reversed() : order);
        return items;
    }

    private static Object folded(Object value, boolean exact) {
        return value instanceof String text && !exact ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static Object dictsort(Scope scope, Object value, Arguments arguments) {
        if (!(value instanceof Map<?, ?> map)) {
            throw TemplateException.failed(Python.typeName(value) + " has no items");
        }
        boolean exact = arguments.truth(0, "case_sensitive", false);
        int by = "value".equals(arguments.get(1, "by", "key")) ? 1 : 0;
        List<Object> pairs = Access.pairs(map);
        Comparator<Object> order =
                Comparator.comparing(
                        pair -> folded(((Tuple) pair).get(by), exact), Python::compare);
        pairs.sort(arguments.truth(2, "reverse", false) ? order.reversed() : order);
        return pairs;
    }

    private static List<Object> unique(Object value, Arguments arguments) {
        boolean exact = arguments.truth(0, "case_sensitive", false);
        Object attribute = arguments.get(1, "attribute", null);
        Map<Object, Object> first = new LinkedHashMap<>();
        for (Object item : Python.items(value)) {
            Object key = attribute == null ? item : path(item, attribute);
            first.putIfAbsent(folded(key, exact), item);
        }
        return new ArrayList<>(first.values());
    }

    private static Object sum(Scope scope, Object value, Arguments arguments) {
        Object attribute = arguments.get(0, "attribute", null);
        Object sum = arguments.get(1, "start", 0L);
        for (Object item : Python.items(value)) {
            Object each = attribute == null ? item : path(item, attribute);
            sum = Operators.arithmetic("+", sum, each, scope.limits());
        }
        return sum;
    }

    private static Object extreme(Object value, Arguments arguments, int sign) {
        boolean exact = arguments.truth(0, "case_sensitive", false);
        Object attribute = arguments.get(1, "attribute", null);
        Object best = null;
        boolean any = false;
        for (Object item : Python.items(value)) {
            Object key = attribute == null ? item : path(item, attribute);
            Object bestKey = attribute == null || !any ? best : path(best, attribute);
            if (!any || sign * Python.compare(folded(key, exact), folded(bestKey, exact)) > 0) {
                best = item;
                any = true;
            }
        }
        return any ? best : new Undefined("an extreme of an empty list");
    }

    private static List<Object> batch(Object value, Arguments arguments) {
        long size = arguments.integer(0, "linecount", 1);
        Object fill = arguments.get(1, "fill_with", null);
        if (size < 1) {
            throw TemplateException.failed("a batch of less than one");
        }
        List<Object> batches = new ArrayList<>();
        List<Object> batch = new ArrayList<>();
        for (Object item : Python.items(value)) {
            if (batch.size() == size) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            batch.add(item);
        }
        while (fill != null && !batch.isEmpty() && batch.size() < size) {
            batch.add(fill);
            Limits.requireItems(batch.size());
        }
        if (!batch.isEmpty()) {
            batches.add(batch);
        }
        return batches;
    }

    private static Object groupby(Scope scope, Object value, Arguments arguments) {
        Object attribute = arguments.get(0, "attribute", null);
        Map<Object, List<Object>> groups = new LinkedHashMap<>();
        List<Object> items = new ArrayList<>(Python.items(value));
        items.sort(Comparator.comparing(i -> folded(path(i, attribute), false), Python::compare));
        for (Object item : items) {
            groups.computeIfAbsent(path(item, attribute), unused -> new ArrayList<>()).add(item);
        }
        List<Object> pairs = new ArrayList<>();
        groups.forEach((key, group) -> pairs.add(Tuple.of(key, group)));
        return pairs;
    }
}
