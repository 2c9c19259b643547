"""The address load balancers ask."""


def test_it_says_ok_to_anybody_when_the_database_answers(client, db):
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
