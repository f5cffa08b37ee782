package dev.crossfade.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * A headless Chromium for the tests of one class, on the thread that started it. It keeps what
 * pages complain of: errors that nothing caught, and breaches of their Content-Security-Policy.
 */
public final class Chromium implements AutoCloseable {

  static final int DESKTOP = 1_280;
  public static final int PHONE = 375;

  private static final int HEIGHT = 800;

  private final Playwright playwright;
  private final Browser browser;
  private final List<BrowserContext> contexts = new ArrayList<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();

  private Chromium(Path executable) {
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(executable)
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  /** Skips the test, and says why, where there is none. */
  public static Chromium start() {
    Path executable = executable();
    assumeTrue(
        executable != null,
        "SKIPPED: no Chromium here. Install it (Debian: apt-get install chromium) or name it in"
            + " CHROMIUM.");
    return new Chromium(executable);
  }

  private static Path executable() {
    String named = System.getenv("CHROMIUM");
    return Stream.of(
            named, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        .filter(Objects::nonNull)
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  /** A browser profile of its own; closed after the test by {@link #closeContexts}. */
  public BrowserContext context(String language) {
    BrowserContext made =
        browser.newContext(
            new Browser.NewContextOptions().setLocale(language).setViewportSize(DESKTOP, HEIGHT));
    contexts.add(made);
    return made;
  }

  public Page page(BrowserContext context) {
    Page page = context.newPage();
    page.onPageError(complaints::add);
    page.onConsoleMessage(
        message -> {
          if (message.text().contains("Content Security Policy")) {
            complaints.add(message.text());
          }
        });
    return page;
  }

  /** Signs in as one of the demo accounts, whose password is their name. */
  public Page login(String url, String who, String language) {
    Page page = page(context(language));
    page.navigate(url);
    page.fill("[name=j_username]", who);
    page.fill("[name=j_password]", who);
    page.click("button[type=submit]");
    return page;
  }

  public List<String> complaints() {
    return complaints;
  }

  public void closeContexts() {
    contexts.forEach(BrowserContext::close);
    contexts.clear();
    complaints.clear();
  }

  /**
   * {@code target/screenshots/NAME-WIDTH.png} at both widths; nothing may stick out at the side.
   */
  public static void picture(Page page, String name) {
    for (int width : new int[] {DESKTOP, PHONE}) {
      page.setViewportSize(width, HEIGHT);
      assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
          .as("nothing of %s sticks out at %s px", name, width)
          .isTrue();
      page.screenshot(
          new Page.ScreenshotOptions()
              .setPath(Path.of("target", "screenshots", name + "-" + width + ".png")));
    }
    page.setViewportSize(DESKTOP, HEIGHT);
  }

  /** No fault that axe-core calls serious or critical, by the rules of WCAG 2.1 A and AA. */
  public static void accessible(Page page) {
    page.evaluate(axe());
    Object faults =
        page.evaluate(
            "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',"
                + " 'wcag21aa']})).violations.filter(v => ['serious',"
                + " 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n =>"
                + " n.html).join(' | '))");
    assertThat((List<?>) faults).as("faults that axe-core finds").isEmpty();
  }

  private static String axe() {
    try (InputStream script = Chromium.class.getResourceAsStream("/axe.min.js")) {
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    playwright.close();
  }
}
