from images.pip_config import render_pip_config


def test_a_plain_host_needs_nothing() -> None:
    assert render_pip_config({}, [], has_ca=False) == "[global]\n"


def test_authorities_are_read_from_where_the_build_mounts_them() -> None:
    assert "cert = /run/secrets/ca.crt\n" in render_pip_config({}, [], has_ca=True)


def test_the_hosts_index_is_passed_on_and_its_own_paths_are_not() -> None:
    config = "[global]\nindex-url = https://index.example/simple\ncert = /etc/own.crt\n"
    text = render_pip_config({}, [config], has_ca=False)
    assert text == "[global]\nindex-url = https://index.example/simple\n"


def test_a_later_file_and_then_a_variable_win() -> None:
    configs = ["[global]\ntimeout = 1\n", "[global]\ntimeout = 2\n"]
    assert "timeout = 2\n" in render_pip_config({}, configs, has_ca=False)
    assert "timeout = 3\n" in render_pip_config({"PIP_TIMEOUT": "3"}, configs, has_ca=False)


def test_several_values_of_one_key_stay_several() -> None:
    config = "[global]\nextra-index-url =\n  https://a.example\n  https://b.example\n"
    text = render_pip_config({}, [config], has_ca=False)
    assert text.endswith("extra-index-url = \n  https://a.example\n  https://b.example\n")


def test_a_file_without_the_section_says_nothing() -> None:
    assert render_pip_config({}, ["[install]\nno-deps = true\n"], has_ca=False) == "[global]\n"
