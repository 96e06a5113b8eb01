"""What wrk says is read right: its units, and answers that do not count."""

from benchmarks.http import Driven, read

SAID = """Running 8s test @ http://127.0.0.1:8000/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    81.14ms   36.47ms 499.27ms   81.37%
    Req/Sec   100.60     37.00   181.00     66.67%
  Latency Distribution
     50%  912.00us
     75%   98.87ms
     90%  120.57ms
     99%    1.21s
  810 requests in 8.01s, 3.01MB read
{more}Requests/sec:    101.15
Transfer/sec:    385.21KB
"""


def test_the_units_of_wrk_are_milliseconds():
    assert read(SAID.format(more="")) == Driven(101.15, 0.912, 1210.0, 0)


def test_answers_and_sockets_that_failed_are_counted():
    more = "  Socket errors: connect 0, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 4\n"
    assert read(SAID.format(more=more)).failed == 9
