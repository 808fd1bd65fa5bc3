/** Reports as the tools write them, with one of each outcome. */
export const samples: Readonly<Record<string, { readonly files: readonly string[]; readonly xml: string }>> = {
  surefire: {
    files: ['api/src/test/java/com/shop/CartTest.java', 'web/src/test/java/com/shop/CartTest.java'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="com.shop.CartTest" time="1,234.5" tests="6" errors="1" skipped="1" failures="1">
  <properties><property name="java.version" value="17"/><property name="line.separator" value="&#10;"/></properties>
  <testcase name="adds" classname="com.shop.CartTest" time="1,234.012"/>
  <testcase name="totals" classname="com.shop.CartTest" time="0.002">
    <failure message="expected: &lt;3&gt; but was: &lt;4&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <3> but was: <4>
	at com.shop.CartTest.totals(CartTest.java:12) & more &lt;
]]></failure>
    <rerunFailure message="expected: &lt;3&gt; but was: &lt;4&gt;" type="org.opentest4j.AssertionFailedError"><stackTrace>again</stackTrace></rerunFailure>
    <system-out><![CDATA[<testcase name="fake" classname="com.shop.CartTest"/>]]></system-out>
  </testcase>
  <testcase name="flips" classname="com.shop.CartTest" time="0.1">
    <flakyFailure message="once" type="java.lang.AssertionError"><stackTrace>java.lang.AssertionError: once</stackTrace></flakyFailure>
  </testcase>
  <testcase name="prices(Price)[1] com.shop.Price@5e91993f" classname="com.shop.CartTest$Inner" time="0"/>
  <testcase name="later" classname="com.shop.CartTest" time="0"><skipped message="not yet"/></testcase>
  <testcase name="" classname="com.shop.CartTest" time="0"><error message="no database" type="java.lang.IllegalStateException">java.lang.IllegalStateException: no database</error></testcase>
</testsuite>`,
  },
  gradle: {
    files: ['src/test/kotlin/com/shop/CartTest.kt', 'src/main/kotlin/com/shop/Cart.kt'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="com.shop.CartTest" tests="2" skipped="0" failures="1" errors="0" timestamp="2026-01-01T00:00:00" hostname="h" time="0.05">
  <properties/>
  <testcase name="adds two()" classname="com.shop.CartTest" time="0.03"/>
  <testcase name="totals()" classname="com.shop.CartTest" time="0.02">
    <failure message="java.lang.AssertionError: 3" type="java.lang.AssertionError">java.lang.AssertionError: 3
	at com.shop.CartTest.totals(CartTest.kt:9)
</failure>
  </testcase>
  <system-out><![CDATA[]]></system-out>
  <system-err><![CDATA[]]></system-err>
</testsuite>`,
  },
  phpunit: {
    files: ['tests/CartTest.php', 'src/Cart.php'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="/lane/phpunit.xml" tests="3" assertions="3" errors="0" failures="1" skipped="0" time="0.01">
    <testsuite name="unit" tests="3">
      <testsuite name="Shop\\Tests\\CartTest" file="/lane/tests/CartTest.php" tests="3">
        <testcase name="testAdds" file="/lane/tests/CartTest.php" line="9" class="Shop\\Tests\\CartTest" classname="Shop.Tests.CartTest" assertions="1" time="0.001"/>
        <testsuite name="Shop\\Tests\\CartTest::testTotals" tests="2">
          <testcase name="testTotals with data set #0" file="/lane/tests/CartTest.php" line="15" class="Shop\\Tests\\CartTest" classname="Shop.Tests.CartTest" assertions="1" time="0.001"/>
          <testcase name="testTotals with data set #1" file="/lane/tests/CartTest.php" line="15" class="Shop\\Tests\\CartTest" classname="Shop.Tests.CartTest" assertions="1" time="0.001">
            <failure type="PHPUnit\\Framework\\ExpectationFailedException">Shop\\Tests\\CartTest::testTotals with data set #1 (1, 3)
Failed asserting that 2 matches expected 3.

/lane/tests/CartTest.php:17</failure>
          </testcase>
        </testsuite>
      </testsuite>
    </testsuite>
  </testsuite>
</testsuites>`,
  },
  'phpunit 9': {
    files: ['tests/CartTest.php', 'src/Cart.php'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="" tests="4" assertions="2" errors="2" warnings="0" failures="0" skipped="0" time="0.001658">
    <testsuite name="Shop\\Tests\\CartTest" file="/lane/tests/CartTest.php" tests="4" assertions="2" errors="2" warnings="0" failures="0" skipped="0" time="0.001658">
      <testcase name="testAdds" class="Shop\\Tests\\CartTest" classname="Shop.Tests.CartTest" file="/lane/tests/CartTest.php" line="7" assertions="1" time="0.000905"/>
      <testcase name="testRisky" class="Shop\\Tests\\CartTest" classname="Shop.Tests.CartTest" file="/lane/tests/CartTest.php" line="13" assertions="0" time="0.000011">
        <error type="PHPUnit\\Framework\\RiskyTestError">Shop\\Tests\\CartTest::testRisky
This test did not perform any assertions

/lane/tests/CartTest.php:13</error>
      </testcase>
      <testsuite name="Shop\\Tests\\CartTest::testMany" tests="1" assertions="1" errors="0" warnings="0" failures="0" skipped="0" time="0.000078">
        <testcase name="testMany with data set &quot;two&#10;lines&quot;" class="Shop\\Tests\\CartTest" classname="Shop.Tests.CartTest" file="/lane/tests/CartTest.php" line="18" assertions="1" time="0.000027"/>
      </testsuite>
      <testsuite name="Shop\\Tests\\CartTest::testBad" tests="1" assertions="0" errors="1" warnings="0" failures="0" skipped="0" time="0.000130">
        <testcase name="Error" assertions="0" time="0.000130">
          <error type="PHPUnit\\Framework\\Error">Error
The data provider specified for Shop\\Tests\\CartTest::testBad is invalid.
Exception: no data
/lane/tests/CartTest.php:22</error>
        </testcase>
      </testsuite>
    </testsuite>
  </testsuite>
</testsuites>`,
  },
  'node 20': {
    files: ['test/sum.test.js', 'test/broken.test.js'],
    xml: `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="adds" time="0.001052" classname="test"/>
	<testcase name="to do" time="0.000115" classname="test" failure="x">
		<skipped type="todo" message="true"/>
		<failure type="testCodeFailure" message="x">
[Error [ERR_TEST_FAILURE]: x] {
  code: 'ERR_TEST_FAILURE',
  failureType: 'testCodeFailure',
  cause: Error: x
      at TestContext.&lt;anonymous> (file:///lane/test/sum.test.js:6:44)
}
		</failure>
	</testcase>
	<testcase name="/lane/test/broken.test.js" time="0.134214" classname="test" failure="test failed">
		<failure type="testCodeFailure" message="test failed">
[Error: test failed] { code: 'ERR_TEST_FAILURE', failureType: 'testCodeFailure', cause: 'test failed', exitCode: 1, signal: null }
		</failure>
	</testcase>
	<!-- tests 3 -->
</testsuites>`,
  },
  rspec: {
    files: ['spec/models/cart_spec.rb', 'app/models/cart.rb'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="rspec" tests="3" skipped="1" failures="1" errors="0" time="0.02" timestamp="2026-01-01T00:00:00+00:00" hostname="h">
<properties><property name="seed" value="4711"/></properties>
<testcase classname="spec.models.cart_spec" name="Cart adds" file="./spec/models/cart_spec.rb" time="0.001"></testcase>
<testcase classname="spec.models.cart_spec" name="Cart totals" file="./spec/models/cart_spec.rb" time="0.002"><failure message="
expected: 3
     got: 4

(compared using ==)
" type="RSpec::Expectations::ExpectationNotMetError">Failure/Error: expect(cart.total).to eq(3)

  expected: 3
       got: 4
./spec/models/cart_spec.rb:9:in \`block (2 levels) in &lt;top (required)&gt;&apos;</failure></testcase>
<testcase classname="spec.models.cart_spec" name="Cart later" file="./spec/models/cart_spec.rb" time="0"><skipped/></testcase>
</testsuite>`,
  },
  'jest-junit': {
    files: ['src/cart.js', 'test/cart.test.js', 'test/broken.test.js'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="3" failures="2" errors="0" time="1.2">
  <testsuite name="cart" errors="0" failures="1" skipped="0" timestamp="2026-01-01T00:00:00" time="0.5" tests="2">
    <testcase classname="cart adds" name="cart adds" time="0.003" file="test/cart.test.js"></testcase>
    <testcase classname="cart totals" name="cart totals" time="0.002" file="test/cart.test.js">
      <failure>Error: expect(received).toBe(expected)

Expected: 3
Received: 4
    at Object.toBe (/lane/test/cart.test.js:7:20)</failure>
    </testcase>
  </testsuite>
  <testsuite name="test/broken.test.js" errors="1" failures="0" skipped="0" time="0.1" tests="1">
    <testcase classname="Test suite failed to run" name="test/broken.test.js Test execution failure: could be caused by test hooks like 'afterAll'." time="0">
      <error>Cannot find module './nowhere' from 'test/broken.test.js'</error>
    </testcase>
  </testsuite>
</testsuites>`,
  },
  'go-junit-report': {
    files: ['cart/cart.go', 'cart/cart_test.go'],
    xml: `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" skipped="1">
	<testsuite name="example.com/shop/cart" tests="3" failures="1" errors="0" id="0" hostname="h" skipped="1" time="0.004" timestamp="2026-01-01T00:00:00Z">
		<properties><property name="go.version" value="go1.22"></property></properties>
		<testcase name="TestAdds/one" classname="example.com/shop/cart" time="0.000"></testcase>
		<testcase name="TestTotals" classname="example.com/shop/cart" time="0.000">
			<failure message="Failed"><![CDATA[    cart_test.go:12: got 0xc00001a0b8, want 3]]></failure>
		</testcase>
		<testcase name="TestLater" classname="example.com/shop/cart" time="0.000">
			<skipped message="Skipped"><![CDATA[later]]></skipped>
		</testcase>
	</testsuite>
</testsuites>`,
  },
  pytest: {
    files: ['tests/test_cart.py', 'tests/test_broken.py', 'shop/cart.py'],
    xml: `<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="2" failures="1" skipped="1" tests="5" time="0.06" timestamp="2026-01-01T00:00:00.000000" hostname="h"><testcase classname="" name="tests.test_broken" time="0.000"><error message="collection failure">tests/test_broken.py:1: in &lt;module&gt;
    import nowhere
E   ModuleNotFoundError: No module named 'nowhere'</error></testcase><testcase classname="tests.test_cart" name="test_adds" time="0.001" /><testcase classname="tests.test_cart.TestTotals" name="test_total[1-3]" time="0.001"><failure message="AssertionError: no &lt;sum&gt;&#10;assert 2 == 3">def test_total(n): assert 2 == 3
E       AssertionError: no &lt;sum&gt;</failure></testcase><testcase classname="tests.test_cart" name="test_later" time="0.000"><skipped type="pytest.skip" message="later">/lane/tests/test_cart.py:9: later</skipped></testcase><testcase classname="tests.test_cart" name="test_setup" time="0.001"><error message="failed on setup with &quot;ValueError: no&quot;">E   ValueError: no</error></testcase></testsuite></testsuites>`,
  },
};
