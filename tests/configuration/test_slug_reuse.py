"""Short names are free again after a deletion, and the keys of their folder are still there."""

from deployments.configuration import selectors, services
from deployments.configuration.selectors import Place
from deployments.models import SecretKey
from portal.core.redaction import MASK
from provisioning import states
from tests import factories
from tests.callers import by


def again(place: Place) -> Place:
    """The place after its environment was deleted and made anew under the same name."""
    place.environment.state = states.DELETED
    place.environment.save()
    successor = factories.EnvironmentFactory(customer=place.customer, account=place.environment.account)
    return Place(place.customer, place.service, successor)


def test_a_mask_outlives_its_environment(place, bob):
    services.mark(place, "smtp", by(bob), secret=True)

    assert selectors.marked_keys(again(place)) == {"smtp"}


def test_values_saved_under_the_old_mask_stay_masked_in_the_history(place, bob):
    services.mark(place, "smtp", by(bob), secret=True)
    now = again(place)
    factories.ConfigurationChangeFactory(
        configuration_save=factories.ConfigurationSaveFactory(**now.where), key="smtp", before="hush", after="hush!"
    )

    past = selectors.past(selectors.history(now).get())

    assert (past.before, past.after) == (MASK, MASK)


def test_a_mask_of_the_deleted_environment_can_be_taken_off(place, bob):
    services.mark(place, "smtp", by(bob), secret=True)
    now = again(place)

    services.mark(now, "smtp", by(bob), secret=False)

    assert not selectors.marked_keys(now)
    assert not SecretKey.objects.exists()


def test_masks_of_other_services_and_environments_do_not_count(place, bob):
    qa = factories.EnvironmentFactory(customer=place.customer, account=place.environment.account, slug="qa")
    other = factories.ServiceFactory(customer=place.customer, account=place.environment.account)
    services.mark(Place(place.customer, place.service, qa), "smtp", by(bob), secret=True)
    services.mark(Place(place.customer, other, place.environment), "smtp", by(bob), secret=True)

    assert not selectors.marked_keys(place)
