import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Reads lines of tab-separated fields from standard input: a pattern, then texts, each as UTF-16 units in
 * hexadecimal, four digits a unit. Answers a line each: one digit a text, 1 where the whole text matches,
 * X where Java gave up (stack overflow, a fault of its own); or E and the reason when Java refuses the pattern.
 */
public final class JavaVerdicts {
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] fields = line.split("\t", -1);
            StringBuilder verdicts = new StringBuilder();
            try {
                Pattern pattern = Pattern.compile(decoded(fields[0]));
                for (int i = 1; i < fields.length; i++) {
                    verdicts.append(verdict(pattern, decoded(fields[i])));
                }
            } catch (PatternSyntaxException error) {
                verdicts.append("E ").append(error.getDescription());
            }
            output.println(verdicts);
        }
        output.flush();
    }

    private static char verdict(Pattern pattern, String text) {
        try {
            return pattern.matcher(text).matches() ? '1' : '0';
        } catch (StackOverflowError | RuntimeException error) {
            return 'X';
        }
    }

    private static String decoded(String hexadecimal) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < hexadecimal.length(); i += 4) {
            text.append((char) Integer.parseInt(hexadecimal.substring(i, i + 4), 16));
        }
        return text.toString();
    }
}
