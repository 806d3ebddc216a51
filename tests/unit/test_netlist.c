/* pure */
#include "base/netlist.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool allows(const char *list, const char *address)
{
    struct netlist nets;
    uint8_t bytes[16];
    bool v6 = strchr(address, ':');
    assert_int_equal(netlist_parse(list, &nets, NULL), 0);
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes), 1);
    return netlist_allows(&nets, bytes, v6 ? 16 : 4);
}

static void test_public_addresses(void **state)
{
    (void)state;
    static const char *const public[] = {
        "8.8.8.8",    "11.0.0.0",        "172.15.255.255", "172.32.0.0",   "192.167.1.1",
        "100.63.0.1", "223.255.255.255", "1.1.1.1",        "2606:4700::1", "::ffff:8.8.8.8"};
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        assert_true(allows("", public[i]));
}

static void test_addresses_that_are_not(void **state)
{
    (void)state;
    static const char *const special[] = {"0.0.0.0",
                                          "10.1.2.3",
                                          "100.64.0.1",
                                          "127.0.0.1",
                                          "127.255.255.254",
                                          "169.254.0.1",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "192.168.0.1",
                                          "198.18.0.1",
                                          "224.0.0.1",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "fe80::1",
                                          "fd00::1",
                                          "fc00::1",
                                          "ff02::1",
                                          "2001:db8::1",
                                          "2002:7f00:1::",
                                          "64:ff9b::7f00:1",
                                          "::ffff:10.0.0.1",
                                          "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        assert_false(allows("", special[i]));
}

static void test_what_the_operator_names(void **state)
{
    (void)state;
    assert_true(allows("10.20.0.0/16", "10.20.255.1"));
    assert_false(allows("10.20.0.0/16", "10.21.0.1"));
    assert_true(allows("10.0.0.0/9, fd12::/16,127.0.0.1", "10.127.0.1"));
    assert_false(allows("10.0.0.0/9", "10.128.0.1"));
    assert_true(allows("10.0.0.0/9, fd12::/16,127.0.0.1", "fd12:3::1"));
    assert_true(allows("127.0.0.1", "::ffff:127.0.0.1"));
    assert_false(allows("127.0.0.1", "127.0.0.2"));
    assert_true(allows("0.0.0.0/0", "192.168.1.1"));
}

static void test_what_is_no_network(void **state)
{
    (void)state;
    static const char *const wrong[] = {"x",          "10.0.0.0/33", "10.0.0/8",
                                        "10.0.0.0/",  "10.0.0.0/-1", "10.0.0.0/8x",
                                        "fd00::/129", "localhost",   "10.0.0.0 /8"};
    struct netlist nets;
    struct error err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(netlist_parse(wrong[i], &nets, &err), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_addresses),
        cmocka_unit_test(test_addresses_that_are_not),
        cmocka_unit_test(test_what_the_operator_names),
        cmocka_unit_test(test_what_is_no_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
